import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { naxmlDocument, naxmlEvent, naxmlProject } from '#test/fixtures/naxml-text.ts'
import { storeDay, storeTransaction } from '#test/fixtures/store-model.ts'
import type { CapturedItem, CaptureHints } from '../captured-item.ts'
import { endsWhole, openDocument, readDocument } from '../dialects.ts'

const hintsOf = (t: Pick<Transaction, 'storeId' | 'currency'>): CaptureHints => ({
  storeId: t.storeId,
  currency: t.currency,
  timeZone: 'UTC',
})
const american: CaptureHints = { storeId: storeIdSchema.parse('77'), currency: currencySchema.parse('USD'), timeZone: 'America/New_York' }
const taken = (items: readonly CapturedItem[]): Transaction[] =>
  items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction] : []))
const reasons = (items: readonly CapturedItem[]): string[] =>
  items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons.map((one) => `${item.where}: ${one.code} ${one.message}`) : []))
const isPure = (t: Transaction): boolean => new Set(t.taxes.map((tax) => tax.inclusive)).size < 2

const readInPieces = (text: string, hints: CaptureHints, size: number): CapturedItem[] => {
  const reader = openDocument(hints)
  const items: CapturedItem[] = []
  for (let at = 0; at < text.length; at += size) items.push(...reader.write(text.slice(at, at + size)))
  return [...items, ...reader.end()]
}

describe('NAXML-POSJournal', () => {
  it('[CAP15] reads back any transaction that a journal can say', () => {
    fc.assert(
      fc.property(storeTransaction().filter(isPure), (t) => {
        const read = readDocument(naxmlDocument([t]), hintsOf(t))
        expect(taken(read), reasons(read).join('\n')).toEqual([transactionSchema.parse(naxmlProject(t))])
      }),
      { numRuns: 300 },
    )
  })

  const day = storeDay(12, { transactions: 60 })
  const text = naxmlDocument(day)

  it('[CAP14] reads the same however it is cut, and gives transactions before the end', () => {
    const whole = readDocument(text, hintsOf(day[0]!))
    expect(taken(whole)).toHaveLength(day.length)
    for (const size of [1, 7, 1_000]) expect(readInPieces(text, hintsOf(day[0]!), size)).toEqual(whole)
    const reader = openDocument(hintsOf(day[0]!))
    expect(reader.write(`${text.slice(0, 60)}${' '.repeat(64_000)}${text.slice(60, text.length / 2)}`).length).toBeGreaterThan(15)
  })

  it.each([
    [
      'an amount that is none',
      (event: string) => event.replace(/<TransactionTotalGrandAmount>[^<]*/, '<TransactionTotalGrandAmount>lots'),
      'INVALID TransactionSummary.TransactionTotalGrandAmount: "lots" is not a decimal number',
    ],
    [
      'a number that is none',
      (event: string) => event.replace(/<TransactionID>\d+/, '<TransactionID>x9'),
      'INVALID TransactionID: "x9" is not a whole number',
    ],
    ['an ampersand', (event: string) => event.replace('<TillID/>', '<TillID>a & b</TillID>'), 'MALFORMED unclosed tag: TillID'],
    [
      'an entity',
      (event: string) => event.replace('<TillID/>', '<TillID>&lol;</TillID>'),
      'UNSAFE_XML an entity that XML does not define by itself',
    ],
    ['an end tag missing', (event: string) => event.replace('</TransactionSummary>', ''), 'MALFORMED'],
    ['its own end tag missing', (event: string) => event.replace(/<\/\w+Event>$/, ''), 'MALFORMED the event does not end'],
    [
      'an element nobody knows',
      (event: string) => event.replaceAll(/(\w+)Event>/g, '$1Evnt>'),
      'INVALID something that is no event of a journal',
    ],
  ])('[CAP7] %s costs one event alone, and is named with its line', (_name, spoil, reason) => {
    const events = day.map((t, index) => (index === 30 ? spoil(naxmlEvent(t)) : naxmlEvent(t)))
    const items = readDocument(
      text.replace(/<SaleEvent>[\s\S]*|<OtherEvent>[\s\S]*/, `${events.join('\n')}</JournalReport></NAXML-POSJournal>`),
      hintsOf(day[0]!),
    )
    expect(taken(items).map((t) => t.sequenceNumber)).toEqual(day.filter((_, index) => index !== 30).map((t) => t.sequenceNumber))
    expect(reasons(items).join('\n')).toContain(reason)
    expect(reasons(items)[0]).toMatch(/^(?:transaction 31, )?line \d+: /)
  })

  it('[CAP9] knows a journal that ends too early', () => {
    const short = naxmlDocument(day.slice(0, 6))
    for (let end = 150; end < short.trimEnd().length; end += 61)
      expect(endsWhole(readDocument(short.slice(0, end), hintsOf(day[0]!))), String(end)).toBe(false)
    expect(endsWhole(readDocument(short, hintsOf(day[0]!)))).toBe(true)
  })

  it.each([
    [
      'a document type',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><NAXML-POSJournal><SaleEvent>&x;</SaleEvent></NAXML-POSJournal>',
    ],
    ['deep nesting', `<NAXML-POSJournal><SaleEvent>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</SaleEvent></NAXML-POSJournal>`],
    ['wide nesting', `<NAXML-POSJournal><SaleEvent>${'<a/>'.repeat(300_000)}</SaleEvent></NAXML-POSJournal>`],
    ['an event without end', `<NAXML-POSJournal><SaleEvent>${'x'.repeat(9_000_000)}`],
    ['open comments', `<NAXML-POSJournal><SaleEvent>${'<!--'.repeat(400_000)}`],
    ['beginnings only', `<NAXML-POSJournal>${'<SaleEvent>'.repeat(50_000)}`],
  ])('[CAP11] is not held up by %s, and takes nothing of it', (_name, bomb) => {
    const started = performance.now()
    const items = readDocument(bomb, american)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(taken(items)).toEqual([])
    expect(items.length).toBeGreaterThan(0)
  })

  it('[CAP11] is not looked for in open comments again and again (fuzz: seed 1, input 86056)', () => {
    const started = performance.now()
    const items = readDocument(`<?xml version="1.0"?>${'<!--'.repeat(15_000)}`, american)
    expect(performance.now() - started).toBeLessThan(200)
    expect(taken(items)).toEqual([])
    expect(items.length).toBeGreaterThan(0)
  })

  const folder = new URL('../../../test/fixtures/naxml/', import.meta.url)
  const sample = (name: string): CapturedItem[] => readDocument(readFileSync(new URL(name, folder), 'utf8'), american)

  it('[CAP7] every sample is understood', () => {
    for (const name of readdirSync(folder)) expect(reasons(sample(name)), name).toEqual([])
  })

  it('[CAP17] fuel keeps its volume to the thousandth, and its exact price raw', () => {
    const [sale] = taken(sample('fuel-and-shop.xml'))
    expect(sale?.lineItems[0]).toMatchObject({
      itemId: '001',
      quantityMilli: 11_199,
      unitPriceMinor: 268,
      amountMinor: 3_000,
      unit: 'each',
    })
    expect(sale?.extensions).toMatchObject({ 'line 1 price': '2.679', TillID: '1310', OutsideSalesFlag: 'no' })
    expect(sale).toMatchObject({
      kind: 'sale',
      businessDay: '2025-12-08',
      endedAt: '2025-12-09T00:31:38',
      totals: { netMinor: 3_249, taxMinor: 21, grandMinor: 3_270 },
    })
  })

  it('[CAP16] what moves no goods is recorded too', () => {
    expect(taken(sample('register-day.xml')).map((t) => [t.kind, t.tenders.reduce((sum, one) => sum + one.amountMinor, 0)])).toEqual([
      ['day-open', 0],
      ['cancelled', 0],
      ['return', -2_000],
      ['pick-up', -15_000],
      ['paid-out', -1_250],
      ['loan', 10_000],
      ['no-sale', 0],
      ['other', 0],
    ])
  })
})
