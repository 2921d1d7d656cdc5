import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkoutRoot } from '#scripts/root.ts'
import { redactLogLine, redactText, redactValue } from './redact.ts'

describe('redaction', () => {
  it.each([
    ['The hub refused the enrolment: BAD_ENROLMENT_CODE', 'The hub refused the enrolment: BAD_ENROLMENT_CODE'],
    ['no space left on device (ENOSPC), write', 'no space left on device (ENOSPC), write'],
    ['https://erika:geheim@hub.example.com/v1?token=abc', 'https://‹…› hub.‹…›?token=‹…›'],
    ['Authorization: Bearer eyJhbGciOiJFZERTQSJ9.payload.sig', '‹…›: Bearer ‹…›.payload.‹…›'],
    ['Erika Mustermann, +49 30 123 456', '‹…›'],
    ['till 7 sent 4006381333931 for 1,234.56', 'till 7 sent ‹…› for ‹…›'],
    ['at readFile (/home/erika/Tideline/main.cjs:12:34)', 'at readFile (/‹…›/Tideline/main.cjs:12:34)'],
  ])('[OPS7] lets the agent’s own words through, and nothing that it does not know: %s', (text, told) => {
    expect(redactText(text)).toBe(told)
  })
  it('[OPS7] keeps counts and sizes by their names, and no other long number', () => {
    expect(
      redactValue({ freeBytes: 90_000_000_000, ackedSeq: 1_234_567, barcode: 4_006_381_333_931, till: 7, ok: true, none: null }),
    ).toEqual({
      ...{ freeBytes: 90_000_000_000, ackedSeq: 1_234_567, barcode: '‹…›', till: 7, ok: true, none: null },
    })
  })
  it('[OPS7] a line that is no JSON says nothing', () => {
    expect([redactLogLine('Erika was here'), redactLogLine('"text"')]).toEqual(Array(2).fill({ level: 0, message: '‹…›' }))
  })
  it('[OPS7] what the agent logs stays readable: nine in ten of its sentences’ words', () => {
    const sources = globSync(['main/**/*.ts', 'sync/**/*.ts'], { cwd: checkoutRoot }).filter((file) => !file.includes('.test.'))
    const sentences = sources.flatMap((file) => [
      ...readFileSync(join(checkoutRoot, file), 'utf8').matchAll(/\blog(?:\.\w+\(|\('\w+', )['`]([^'`$]+)/g),
    ])
    const words = sentences.flatMap((match) => match[1]?.match(/\p{L}+/gu) ?? [])
    expect(sentences.length).toBeGreaterThan(60)
    expect(words.filter((word) => redactText(word) !== word).length / words.length).toBeLessThan(0.1)
  })
})
