import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { CodedError } from './coded-error.ts'
import { createAnswerer } from './request-table.ts'

const table = {
  double: { request: z.int(), response: z.int() },
  fail: { request: z.null(), response: z.null() },
} as const

const answererWith = (double: (n: number) => unknown = (n) => n * 2, fault: Error = new Error('broken')) => {
  const faults: string[] = []
  const answer = createAnswerer(
    table,
    {
      double: double as (n: number) => number,
      fail: () => {
        throw fault
      },
    },
    (method) => faults.push(method),
  )
  return { answer, faults }
}

describe('a window’s request', () => {
  it('[TRN8] is parsed, handled and answered', async () => {
    expect(await answererWith().answer('double', 21)).toEqual({ ok: true, value: 42 })
  })

  it('[TRN8] of an unknown method is refused, whatever it is called', async () => {
    const { answer } = answererWith()
    for (const method of ['toString', '__proto__', 'constructor', 'triple', '', 7, null, { method: 'double' }]) {
      expect(await answer(method, 1)).toMatchObject({ ok: false, code: 'UNKNOWN_MESSAGE' })
    }
  })

  it('[TRN8] with malformed params is refused before the handler sees it', async () => {
    const { answer } = answererWith(() => {
      throw new Error('the handler ran')
    })
    expect(await answer('double', '21')).toMatchObject({ ok: false, code: 'INVALID' })
    expect(await answer('double', 1.5)).toMatchObject({ ok: false, code: 'INVALID' })
  })

  it('[TRN8] answered by main outside the contract does not leave main', async () => {
    const { answer, faults } = answererWith(() => 'secret')
    const envelope = await answer('double', 1)
    expect(envelope).toMatchObject({ ok: false, code: 'INTERNAL' })
    expect(JSON.stringify(envelope)).not.toContain('secret')
    expect(faults).toEqual(['double'])
  })

  it('that fails carries its code, and INTERNAL where it has none', async () => {
    expect(await answererWith(undefined, new CodedError('NOT_READY', 'wait')).answer('fail', null)).toEqual({
      ok: false,
      code: 'NOT_READY',
      message: 'wait',
    })
    expect(await answererWith().answer('fail', null)).toEqual({ ok: false, code: 'INTERNAL', message: 'broken' })
  })
})
