import { describe, expect, it } from 'vitest'
import { classifyError, classifyStatus } from './errors.ts'

describe("Tryton's errors", () => {
  it('[HUB10] are told apart by their first word, whatever the language of the text', () => {
    expect(classifyError(['UserError', ['Perioden är stängd.', '']])).toEqual({
      error: 'failure',
      failure: { outcome: 'rejected', code: 'ERP_REJECTED', message: 'Perioden är stängd.' },
    })
    expect(classifyError(['UserWarning', ['stock.move.no_origin', 'Moves have no origin.', '']])).toMatchObject({
      failure: { outcome: 'rejected', message: 'The ERP asks for a decision: Moves have no origin.' },
    })
    expect(classifyError(['ConcurrencyException', ['ConcurrencyException']])).toMatchObject({ failure: { outcome: 'retry' } })
    expect(classifyError(['database is locked', 'Traceback'])).toMatchObject({ failure: { outcome: 'retry' } })
    expect(classifyError(['UserError', ['UNIQUE constraint failed: x']])).toMatchObject({ failure: { outcome: 'retry' } })
    expect(classifyError(["'foo'", 'Traceback'])).toMatchObject({ error: 'fault' })
    expect(classifyError({ odd: true })).toMatchObject({ error: 'fault' })
  })

  it('[HUB6] a failure half-way leaves a change unknown and a read to be asked again', () => {
    expect(classifyStatus(502, true)).toMatchObject({ failure: { outcome: 'unknown' } })
    expect(classifyStatus(502, false)).toMatchObject({ failure: { outcome: 'retry' } })
    expect(classifyStatus(503, true)).toMatchObject({ failure: { outcome: 'retry' } })
    expect(classifyStatus(401, true)).toEqual({ error: 'login-needed' })
    expect(classifyStatus(403, true)).toMatchObject({ error: 'fault' })
  })
})
