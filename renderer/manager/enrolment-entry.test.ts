import { describe, expect, it } from 'vitest'
import { enrolmentRequestSchema } from '#sync/contract/enrolment.ts'
import { checkEntry, tidyCode } from './enrolment-entry.ts'

describe('the enrolment form’s entry', () => {
  it.each([
    ['abcd efgh jklm', 'ABCD-EFGH-JKLM'],
    ['abcdefghjklmnp', 'ABCD-EFGH-JKLM'],
    ['ab', 'AB'],
    ['abcd-', 'ABCD'],
    [' A-B.C/D e ', 'ABCD-E'],
    ['', ''],
  ])('tidies "%s" to "%s"', (typed, code) => {
    expect(tidyCode(typed)).toBe(code)
    expect(tidyCode(tidyCode(typed))).toBe(code)
  })

  it('finds what is wrong with it, field by field', () => {
    expect(checkEntry('https://hub.example', 'ABCD-EFGH-JKLM')).toEqual({})
    expect(Object.keys(checkEntry('hub.example', 'ABCD-EFGH-JK1M'))).toEqual(['hubUrl', 'code'])
    expect(Object.keys(checkEntry('ftp://hub.example', 'ABCD-EFGH-JKLM'))).toEqual(['hubUrl'])
  })

  it('takes exactly the codes that the contract takes', () => {
    for (const code of ['ABCD-EFGH-JKLM', '2345-6789-WXYZ', 'ABCD-EFGH-JKL0', 'ABCD-EFGH-JKL1', 'ABCD-EFGH', 'abcd-efgh-jklm']) {
      const taken = enrolmentRequestSchema.shape.code.safeParse(code).success
      expect(checkEntry('https://hub.example', code).code === undefined, code).toBe(taken)
    }
  })
})
