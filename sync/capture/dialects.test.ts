import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, type Transaction, transactionKinds } from '#sync/contract/transaction.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { anyTransaction, saleOf } from '#test/fixtures/transactions.ts'
import type { CapturedItem, CaptureHints } from './captured-item.ts'
import { endsWhole, readDocument } from './dialects.ts'

const hintsOf = (t: Pick<Transaction, 'storeId' | 'currency'>): CaptureHints => ({
  storeId: t.storeId,
  currency: t.currency,
  timeZone: 'UTC',
})
const hints: CaptureHints = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }

const taken = (items: readonly CapturedItem[]): Transaction[] =>
  items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction] : []))
const codes = (items: readonly CapturedItem[]): string[] =>
  items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons.map((r) => r.code) : []))
const messages = (items: readonly CapturedItem[]): string =>
  items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons.map((r) => r.message) : [])).join('\n')

describe('canonical JSON', () => {
  it('[CAP10] reads back any transaction it is given, byte for byte', () => {
    fc.assert(
      fc.property(anyTransaction, (transaction) => {
        const read = taken(readDocument(JSON.stringify(transaction), hintsOf(transaction)))
        expect(read.map(canonicalText)).toEqual([canonicalText(transaction)])
      }),
    )
  })

  it('reads one, an array, or a list by name', () => {
    const [a, b] = [saleOf(1), saleOf(2)]
    for (const [document, count] of [
      [a, 1],
      [[a, b], 2],
      [{ transactions: [a, b] }, 2],
    ] as const)
      expect(taken(readDocument(JSON.stringify(document), hints))).toHaveLength(count)
  })

  it('[CAP7] one bad transaction never holds up its neighbours', () => {
    const items = readDocument(JSON.stringify([saleOf(1), { ...saleOf(2), totals: { netMinor: 1.5 } }, saleOf(3)]), hints)
    expect(items.map((item) => item.outcome)).toEqual(['transaction', 'quarantined', 'transaction'])
    expect(messages(items)).toContain('totals.netMinor')
  })

  it.each([
    ['{"storeId":', 'MALFORMED'],
    ['', 'MALFORMED'],
    ['   ', 'MALFORMED'],
    ['[]', 'INVALID'],
    ['null', 'UNKNOWN_DIALECT'],
    ['hello', 'UNKNOWN_DIALECT'],
    ['['.repeat(1_000_000), 'INVALID'],
    [`{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 'INVALID'],
    [JSON.stringify(saleOf(1, { currency: 'EUR' })), 'WRONG_CURRENCY'],
    [JSON.stringify({ ...saleOf(1), currency: 'dollars' }), 'WRONG_CURRENCY'],
    [JSON.stringify(saleOf(1, { storeId: '10' })), 'WRONG_STORE'],
    [JSON.stringify({ ...saleOf(1), surprise: 1 }), 'INVALID'],
    [JSON.stringify({ ...saleOf(1), operatorId: 'a\u0000b' }), 'INVALID'],
  ])('[CAP7] quarantines bad input (%#) as its fault', (text, code) => {
    expect(codes(readDocument(text, hints))).toEqual([code])
  })

  it('[CAP7] names the field of an absurd quantity or amount', () => {
    const line = saleOf(1).lineItems[0]
    const items = readDocument(
      JSON.stringify([
        { ...saleOf(1), lineItems: [{ ...line, quantityMilli: 10 ** 15 }] },
        { ...saleOf(2), lineItems: [line, line] },
      ]),
      hints,
    )
    expect(messages(items)).toContain('lineItems.0.quantityMilli')
    expect(messages(items)).toContain('lineItems.1.lineNumber: 1 is used twice')
  })
})

describe('POSLog', () => {
  /** Kinds that POSLog says in other ways than a plain RetailTransaction, and what a rendered one reads as. */
  const retail = (t: Transaction): Transaction => {
    const kinds = new Set(t.lineItems.map((l) => l.kind))
    return { ...t, kind: kinds.size === 2 ? 'exchange' : kinds.has('return') ? 'return' : 'sale' }
  }

  it('[CAP10] reads back any transaction that it can say, byte for byte', () => {
    fc.assert(
      fc.property(anyTransaction, (transaction) => {
        const said = retail(transaction)
        fc.pre(said.taxes.length > 0 || said.totals.taxMinor === 0)
        const read = readDocument(poslogDocument([said]), hintsOf(said))
        expect(taken(read).map(canonicalText), JSON.stringify(codes(read))).toEqual([canonicalText(said)])
      }),
    )
  })

  it('the property above meets every kind of line', () => {
    const seen = new Set(fc.sample(anyTransaction, 300).flatMap((t) => t.lineItems.map((l) => l.kind)))
    expect(seen).toEqual(new Set(['sale', 'return']))
    expect(transactionKinds).toContain('sale')
  })

  it('[CAP7] one bad transaction never holds up its neighbours, well-formed or not', () => {
    const three = (middle: (text: string) => string): CapturedItem[] => {
      const parts = [1, 2, 3].map((n) =>
        poslogDocument([saleOf(n)]).replace(/^[\s\S]*?(<Transaction>[\s\S]*<\/Transaction>)[\s\S]*$/, '$1'),
      )
      return readDocument(`<POSLog>${parts[0]}\n${middle(parts[1] ?? '')}\n${parts[2]}</POSLog>`, hints)
    }
    const cases: [string, (text: string) => string, string][] = [
      ['an amount that is none', (t) => t.replace('<ExtendedAmount>3.00', '<ExtendedAmount>three'), 'INVALID'],
      ['an ampersand', (t) => t.replace('Tea', 'Tea & Co'), 'MALFORMED'],
      ['a control character', (t) => t.replace('Tea', 'Tea\u0001'), 'MALFORMED'],
      ['an end tag missing', (t) => t.replace('</Description>', ''), 'MALFORMED'],
      ['an unknown entity', (t) => t.replace('Tea', 'Tea&nbsp;'), 'UNSAFE_XML'],
      ['another currency', (t) => t.replace('USD', 'EUR'), 'WRONG_CURRENCY'],
      ['another store', (t) => t.replace('>9</RetailStoreID>', '>10</RetailStoreID>'), 'WRONG_STORE'],
    ]
    for (const [name, spoil, code] of cases) {
      const items = three(spoil)
      expect(
        taken(items).map((t) => t.sequenceNumber),
        name,
      ).toEqual([1, 3])
      expect(codes(items), name).toContain(code)
      expect(items, name).toHaveLength(3)
    }
  })

  it('does not take a transaction that is only quoted', () => {
    const sale = poslogDocument([saleOf(2)]).replace(/^[\s\S]*?(<Transaction>[\s\S]*<\/Transaction>)[\s\S]*$/, '$1')
    const items = readDocument(`<POSLog><Transaction><Note>&</Note><![CDATA[${sale}]]><!-- ${sale} --></Transaction></POSLog>`, hints)
    expect(taken(items)).toEqual([])
  })

  it('[CAP9] knows a document that ends too early', () => {
    const text = poslogDocument([saleOf(1), saleOf(2)])
    for (let end = 0; end < text.trimEnd().length; end += 37)
      expect(endsWhole(readDocument(text.slice(0, end), hints)), String(end)).toBe(false)
    expect(endsWhole(readDocument(text, hints))).toBe(true)
  })
})

describe('unsafe XML', () => {
  const billionLaughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i || ''};`.repeat(10)}">`).join('')}]><POSLog><Transaction>&lol9;</Transaction></POSLog>`

  it.each([
    ['a billion laughs', billionLaughs],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><POSLog><Transaction>&x;</Transaction></POSLog>'],
    ['an external document type', '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><POSLog/>'],
    ['deep nesting', `<POSLog><Transaction>${'<a>'.repeat(100_000)}`],
    ['wide nesting', `<POSLog><Transaction>${'<a/>'.repeat(300_000)}</Transaction></POSLog>`],
    ['many attributes', `<POSLog><Transaction ${Array.from({ length: 5_000 }, (_, i) => `a${i}="1"`).join(' ')}/></POSLog>`],
  ])('[CAP11] refuses %s, quickly and expanding nothing', (_name, text) => {
    const started = performance.now()
    const items = readDocument(text, hints)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(codes(items)).toEqual(['UNSAFE_XML'])
    expect(taken(items)).toEqual([])
  })

  it('[CAP11] is not slowed down by open comments', () => {
    const started = performance.now()
    const items = readDocument(`<POSLog>&${'<!--'.repeat(400_000)}`, hints)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(taken(items)).toEqual([])
  })
})
