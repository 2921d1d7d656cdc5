import fc from 'fast-check'
import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '#test/shell/manual-clock.ts'
import { createCaller } from './caller.ts'
import type { CallMessage } from './envelope.ts'

const table = { square: { request: z.int(), response: z.int() } } as const

const setUp = () => {
  const clock = createManualClock()
  const sent: CallMessage[] = []
  const caller = createCaller(table, clock.after, 1_000)
  caller.connect((message) => sent.push(message))
  const answer = (message: CallMessage, value: unknown) => caller.settle({ id: message.id, answer: { ok: true, value } })
  return { clock, sent, caller, answer }
}
const notReady = expect.objectContaining({ code: 'NOT_READY' })

describe('main’s call to the engine', () => {
  it('resolves each call with its own answer, in whatever order answers come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        async (numbers, order) => {
          const { sent, caller, answer } = setUp()
          const results = Promise.all(numbers.map((n) => caller.call('square', n)))
          const keyed = sent.map((message) => ({ message, key: order.next().value }))
          for (const { message } of keyed.sort((a, b) => a.key - b.key)) answer(message, (message.params as number) ** 2)
          expect(await results).toEqual(numbers.map((n) => n * n))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('[CAP12] fails with NOT_READY at once while there is no engine, and when it goes away', async () => {
    const { clock, caller } = setUp()
    const underWay = caller.call('square', 2)
    caller.connect(null)
    await expect(underWay).rejects.toEqual(notReady)
    await expect(caller.call('square', 2)).rejects.toEqual(notReady)
    expect(clock.pending()).toBe(0)
  })

  it('[CAP12] fails with NOT_READY after its time, and a late answer changes nothing', async () => {
    const { clock, sent, caller, answer } = setUp()
    const call = caller.call('square', 3)
    const outcome = call.catch((error: unknown) => error)
    await clock.advance(999)
    expect(clock.pending()).toBe(1)
    await clock.advance(1)
    expect(await outcome).toEqual(notReady)
    answer(sent[0]!, 9)
  })

  it('[TRN8] does not trust the answer: malformed, unasked and off-contract ones are refused', async () => {
    const { sent, caller, answer } = setUp()
    for (const noise of [null, 'x', {}, { id: 99, answer: { ok: true, value: 1 } }, { id: 1, answer: {} }]) caller.settle(noise)
    const call = caller.call('square', 3)
    answer(sent[0]!, 'nine')
    await expect(call).rejects.toEqual(expect.objectContaining({ code: 'UNKNOWN_MESSAGE' }))
  })
})
