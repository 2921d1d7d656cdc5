import { answersOf2, errorCodesOf2, pushesOf2 } from '#test/fixtures/protocol-2.ts'
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import { downMessages } from '#sync/contract/down.ts'
import { errorCodeNames, errorCodes } from '#sync/contract/error-codes.ts'
import { protocol } from '#sync/contract/protocol.ts'
import { upMessages } from '#sync/contract/up.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerFor, pushFor } from './older-agent.ts'

const epoch = 'epochepoch12'
const credit = { batches: 1, afterMs: 5 }
const hubTime = '2026-01-31T10:00:00.000Z'
const code = fc.constantFrom(...errorCodeNames)
const refused = fc.record({ outcome: fc.constant('refused'), code, message: fc.string(), retryAfterMs: fc.nat(3_600_000) })

/** Answers with all that the present protocol can say. */
const answers = {
  hello: fc.oneof(
    refused,
    fc.constant({
      ...{ outcome: 'welcome', protocolVersion: protocol.version, storeId: 'S1', ackedSeq: 3, headHash: '0'.repeat(64), hubTime },
      ...{ epoch, credit },
    }),
  ),
  batch: fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('gap'), expectedSeq: fc.integer({ min: 1 }) }),
    fc.constant({ outcome: 'acknowledged', ackedSeq: 3, verdicts: [{ seq: 1, verdict: 'duplicate' }], credit, hubTime }),
  ),
  pull: fc.oneof(refused, fc.constant({ outcome: 'pulled', entries: [], checkpoint: 4, more: false, epoch })),
  fetch: fc.oneof(refused, fc.constant({ outcome: 'fetched', records: [], more: false })),
}
const events = Object.keys(answers) as (keyof typeof answers)[]

const pushes: { [E in DownEvent]: DownMessage<E> } = {
  challenge: { nonce: 'n'.repeat(24) },
  poke: { feed: 'prices' },
  dismiss: { code: 'HUB_BUSY', message: 'later', retryAfterMs: 5 },
  ask: { what: 'report' },
  credit,
}

describe('to an agent of protocol 2', () => {
  it.each(events)('[TRN12] an answer to %s is what that protocol says, and nothing else is lost', (event) => {
    fc.assert(
      fc.property(answers[event], (answer) => {
        expect(upMessages[event].response.safeParse(answer).success).toBe(true)
        const said = answerFor(2, answer)
        answersOf2[event].parse(said)
        const { epoch: _, credit: __, hubTime: ___, retryAfterMs: ____, code: _____, ...kept } = answer as Record<string, unknown>
        expect(said).toMatchObject(kept)
      }),
    )
  })

  it('[TRN12] a refusal of a newer code is as passing or as lasting as the agent must take it', () => {
    for (const each of errorCodeNames) {
      const { code: said } = answerFor(2, { outcome: 'refused', code: each, message: '' }) as { code: (typeof errorCodesOf2)[number] }
      expect(errorCodesOf2).toContain(said)
      if ((errorCodesOf2 as readonly string[]).includes(each)) expect(said).toBe(each)
      else expect(errorCodes[said].retry).toBe('transient')
    }
  })

  it('[TRN12] pushes that it does not know are not sent, the others in its words', () => {
    for (const event of Object.keys(downMessages) as DownEvent[]) {
      const said = pushFor(2, event, pushes[event])
      expect(said === null).toBe(!(event in pushesOf2))
      if (said !== null) pushesOf2[event]?.parse(said)
    }
  })

  it('[TRN12] an agent of the present protocol hears all', () => {
    for (const event of events)
      fc.assert(fc.property(answers[event], (answer) => void expect(answerFor(protocol.version, answer)).toEqual(answer)))
    for (const event of Object.keys(pushes) as DownEvent[]) expect(pushFor(protocol.version, event, pushes[event])).toEqual(pushes[event])
  })
})
