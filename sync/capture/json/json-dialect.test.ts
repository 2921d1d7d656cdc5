import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { storeDay, storeTransaction } from '#test/fixtures/store-model.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import type { CapturedItem, CaptureHints } from '../captured-item.ts'
import { endsWhole, openDocument, readDocument } from '../dialects.ts'

const hintsOf = (t: Pick<Transaction, 'storeId' | 'currency'>): CaptureHints => ({
  storeId: t.storeId,
  currency: t.currency,
  timeZone: 'UTC',
})
const taken = (items: readonly CapturedItem[]): Transaction[] =>
  items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction] : []))
const said = (items: readonly CapturedItem[]): string[] =>
  items.flatMap((item) => (item.outcome === 'quarantined' ? [`${item.where}: ${item.reasons.map((r) => r.code).join()}`] : []))
const readInPieces = (text: string, hints: CaptureHints, size: number): CapturedItem[] => {
  const reader = openDocument(hints)
  const items: CapturedItem[] = []
  for (let at = 0; at < text.length; at += size) items.push(...reader.write(text.slice(at, at + size)))
  return [...items, ...reader.end()]
}

const day = storeDay(3, { transactions: 40 })
const hints = hintsOf(day[0]!)
const documents: [string, string][] = [
  ['an array', JSON.stringify(day)],
  ['an array over many lines', JSON.stringify(day, null, 2)],
  ['a list by name', JSON.stringify({ source: { a: ['{'] }, transactions: day, count: { of: '}]' } })],
  ['JSON Lines', day.map((t) => JSON.stringify(t)).join('\n')],
]

describe('canonical JSON in chunks', () => {
  it('[CAP15] reads back any transaction of a store', () => {
    fc.assert(
      fc.property(storeTransaction(), fc.constantFrom(0, 2), (t, indent) => {
        expect(taken(readDocument(JSON.stringify([t], null, indent), hintsOf(t))).map(canonicalText)).toEqual([canonicalText(t)])
      }),
      { numRuns: 200 },
    )
  })

  it.each(documents)('[CAP14] reads %s the same however it is cut, and gives transactions before the end', (_name, text) => {
    for (const size of [1, 7, 1_000, 1_000_000]) expect(taken(readInPieces(text, hints, size))).toEqual(day)
    const reader = openDocument(hints)
    // Beyond what a dialect is known by.
    const long = text.replace(/^[[{]?/, (start) => start + ' '.repeat(64_000))
    expect(reader.write(long.slice(0, long.length - Math.floor(text.length / 2))).length).toBeGreaterThan(10)
  })

  it.each([
    ['a comma behind the last field', (text: string) => text.replace(/}$/, ',}'), 'MALFORMED'],
    ['a quote missing', (text: string) => text.replace('"kind":"', '"kind":'), 'MALFORMED'],
    ['its end missing', (text: string) => text.slice(0, -1), 'MALFORMED'],
    ['half of it missing', (text: string) => text.slice(0, text.length / 2), 'MALFORMED'],
    ['brackets too deep', (text: string) => text.replace('"lineItems":', `"x":${'['.repeat(40)}${']'.repeat(40)},"lineItems":`), 'INVALID'],
    ['a field of another type', (text: string) => text.replace('"currency":"EUR"', '"currency":7'), 'WRONG_CURRENCY'],
    ['another value', () => '17', 'INVALID'],
  ])('[CAP7] %s costs one transaction alone', (_name, spoil, code) => {
    for (const separator of [',', ',\n', '\n']) {
      const parts = day.map((t, index) => (index === 20 ? spoil(JSON.stringify(t)) : JSON.stringify(t)))
      const text = separator === '\n' ? parts.join(separator) : `[${parts.join(separator)}]`
      const items = readDocument(text, hints)
      expect(taken(items)).toEqual(day.filter((_, index) => index !== 20))
      expect(said(items)).toEqual([`transaction 21, line ${separator === ',' ? 1 : 21}: ${code}`])
      for (const size of [1, 333]) expect(readInPieces(text, hints, size)).toEqual(items)
    }
  })

  it.each(documents)('[CAP9] knows %s that ends too early', (name, text) => {
    for (let end = 1; end < text.length; end += 997)
      if (name !== 'JSON Lines' || text[end - 1] !== '}')
        expect(endsWhole(readDocument(text.slice(0, end), hints)), String(end)).toBe(false)
    expect(endsWhole(readDocument(text, hints))).toBe(true)
  })

  it.each([
    ['brackets', '[{"a":['.repeat(200_000)],
    ['braces', '{'.repeat(1_000_000)],
    ['quotes', `[{"${'\\"'.repeat(1_000_000)}`],
    ['an endless text', `[{"a":"${'x'.repeat(9_000_000)}"}]`],
    ['elements that never end', `[${JSON.stringify(saleOf(1)).slice(0, -1).repeat(5_000)}`],
    ['elements that are none', `[${'{"a":}'.repeat(100_000)}]`],
  ])('[CAP11] is not held up by %s', (_name, text) => {
    const started = performance.now()
    const items = readDocument(text, hints)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(taken(items)).toEqual([])
    expect(items.length).toBeGreaterThan(0)
  })
})
