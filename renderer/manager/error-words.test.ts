import { describe, expect, it } from 'vitest'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { errorWords, wordReason } from './error-words.ts'

describe('error codes in a store manager’s words', () => {
  it('are whole sentences for the whole closed list, without jargon', () => {
    expect(Object.keys(errorWords).sort()).toEqual([...errorCodeNames].sort())
    for (const words of Object.values(errorWords)) {
      expect(words).toMatch(/^[A-Z].*\.$/)
      expect(words).not.toMatch(/[A-Z]{2,}_|\b(sequence|hash|schema|JSON|XML|protocol|journal|ERP|hub|token|SHA)\b/)
    }
  })

  it('replace the code and keep the detail for support', () => {
    expect(wordReason('WRONG_STORE: store 0099')).toEqual({ words: errorWords.WRONG_STORE, detail: 'store 0099' })
    expect(wordReason('INTERNAL')).toEqual({ words: errorWords.INTERNAL })
  })

  it('leave other texts alone', () => {
    for (const text of ['The customer left', 'EAN: 4006381333931', 'toString: x', '']) expect(wordReason(text)).toEqual({ words: text })
  })
})
