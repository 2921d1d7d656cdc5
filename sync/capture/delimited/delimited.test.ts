import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { flatDocument, flatMapping, flatProject, flatRows } from '#test/fixtures/flat-text.ts'
import { recordLines, recordsDocument, recordsMapping, recordsProject } from '#test/fixtures/records-text.ts'
import { storeDay, storeTransaction } from '#test/fixtures/store-model.ts'
import type { CapturedItem, CaptureHints } from '../captured-item.ts'
import { endsWhole, openDocument, readDocument } from '../dialects.ts'
import { createRowReader } from './row-reader.ts'

const hintsFor = (t: Pick<Transaction, 'storeId' | 'currency'>, fileName: string): CaptureHints => ({
  storeId: t.storeId,
  currency: t.currency,
  timeZone: 'UTC',
  fileName,
  mappings: [flatMapping, recordsMapping],
})
const taken = (items: readonly CapturedItem[]): Transaction[] =>
  items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction] : []))
const texts = (transactions: readonly Transaction[]): string[] => transactions.map(canonicalText)
const reasons = (items: readonly CapturedItem[]): string[] =>
  items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons.map((reason) => reason.message) : []))

/** In pieces of any size, down to one character. */
const readInPieces = (text: string, hints: CaptureHints, sizes: readonly number[]): CapturedItem[] => {
  const reader = openDocument(hints)
  const items: CapturedItem[] = []
  for (let at = 0, n = 0; at < text.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1
    items.push(...reader.write(text.slice(at, at + size)))
    at += size
  }
  return [...items, ...reader.end()]
}

describe('delimited files', () => {
  it('[CAP15] reads back any transaction that a flat file can say', () => {
    fc.assert(
      fc.property(storeTransaction(), fc.constantFrom('\n', '\r\n', '\r'), (t, lineBreak) => {
        const read = readDocument(flatDocument([t], lineBreak), hintsFor(t, 'day.csv'))
        expect(texts(taken(read)), reasons(read).join('\n')).toEqual([canonicalText(flatProject(t))])
      }),
      { numRuns: 300 },
    )
  })

  it('[CAP15] reads back any transaction that record types can say', () => {
    fc.assert(
      fc.property(storeTransaction(), fc.constantFrom('\n', '\r\n'), (t, lineBreak) => {
        const read = readDocument(recordsDocument([t], lineBreak), hintsFor(t, 'DAY.TXT'))
        expect(texts(taken(read)), reasons(read).join('\n')).toEqual([canonicalText(recordsProject(t))])
      }),
      { numRuns: 300 },
    )
  })

  it('[CAP15] reads the same from rows of a database as from a file', () => {
    fc.assert(
      fc.property(storeTransaction(), storeTransaction(), (a, other) => {
        const b = {
          ...other,
          storeId: a.storeId,
          currency: a.currency,
          workstationId: `${a.workstationId}b` as Transaction['workstationId'],
        }
        const reader = createRowReader(flatMapping, hintsFor(a, ''))
        const read = [...[a, b].flatMap(flatRows).flatMap((row) => reader.write(row)), ...reader.end()]
        const file = readDocument(flatDocument([a, b]), hintsFor(a, 'day.csv'))
        expect(texts(taken(read))).toEqual(texts(taken(file)))
        expect(taken(read)[0]).toEqual(flatProject(a))
      }),
      { numRuns: 100 },
    )
  })

  it('[CAP14] gives the same items however the chunks are cut', () => {
    const day = storeDay(4, { transactions: 60 })
    const first = day[0]!
    const spoilt = flatDocument(day)
      .replace('Tea', '"Tea')
      .replace(/;3,00;/, ';3,001;')
    for (const [text, name] of [
      [spoilt, 'a.csv'],
      [recordsDocument(day).replace('|cash|', '|cash'), 'a.txt'],
    ] as const) {
      const whole = readDocument(text, hintsFor(first, name))
      for (const sizes of [[1], [7, 1, 64, 3], [50_000]]) expect(readInPieces(text, hintsFor(first, name), sizes)).toEqual(whole)
    }
  })

  it('[CAP14] gives transactions long before the end', () => {
    const day = storeDay(5, { transactions: 300 })
    const text = flatDocument(day)
    const reader = openDocument(hintsFor(day[0]!, 'a.csv'))
    const early = reader.write(text.slice(0, Math.floor(text.length / 2)))
    expect(early.length).toBeGreaterThan(100)
  })

  it('[CAP7] a bad row costs its transaction alone, and is named with mapping, column and line', () => {
    const day = storeDay(6, { transactions: 40 })
    const lines = recordsDocument(day).split('\n')
    const spoil = (find: string, change: (line: string) => string): { items: CapturedItem[]; line: number; spoilt: Transaction } => {
      const index = lines.findIndex((line, at) => at > 30 && line.startsWith(find))
      const text = lines.map((line, at) => (at === index ? change(line) : line)).join('\n')
      const number = lines.slice(0, index + 1).filter((line) => line.startsWith('H|')).length
      return { items: readDocument(text, hintsFor(day[0]!, 'a.txt')), line: index + 1, spoilt: day[number - 1]! }
    }
    const cases: [string, string, (line: string) => string, RegExp][] = [
      [
        'an amount that is none',
        'T|',
        (line) => line.replace(/\d+\.\d\d/, 'a lot'),
        /mapping "record-types", column "amount", line \d+: "a lot" is not a number/,
      ],
      ['a cent too fine', 'T|', (line) => line.replace(/(\d+\.\d\d)/, '$15'), /"\d+\.\d\d5" is more than 2 decimals/],
      ['a column missing', 'L|', (line) => line.slice(0, line.lastIndexOf('|')), /line \d+: it has 17 columns where 18 are named/],
      ['an unknown record type', 'T|', (line) => line.replace('T|', 'Q|'), /no rule of the mapping is for this row/],
      [
        'an unknown tender',
        'T|',
        (line) => line.replace(/^(T\|\d+\|)\w+/, '$1shells'),
        /"shells" is no kind of tender; it may be one of cash, card/,
      ],
      [
        'no number',
        'H|',
        (line) => line.replace(/\|2026-03-02\|\d+\|/, '|2026-03-02|x1|'),
        /column "sequenceNumber", line \d+: "x1" is not a whole number/,
      ],
    ]
    for (const [name, find, change, message] of cases) {
      const { items, line, spoilt } = spoil(find, change)
      expect(items, name).toHaveLength(day.length)
      expect(texts(taken(items)), name).toEqual(texts(day.filter((t) => t !== spoilt).map(recordsProject)))
      expect(reasons(items).join('\n'), name).toMatch(message)
      expect(reasons(items).join('\n'), name).toContain(`line ${line}`)
    }
  })

  it('[CAP7] a stray quote swallows no line behind its own', () => {
    const day = storeDay(7, { transactions: 40 })
    const lines = flatDocument(day, '\n').split('\n')
    for (const change of [
      (line: string) => line.replace(/;cash;/, ';"cash;'),
      (line: string) => line.replace(/;cash;/, ';"ca"sh;'),
      (line: string) => `"${line}`,
    ]) {
      const index = lines.findIndex((line, at) => at > 20 && line.includes(';cash;'))
      const items = readDocument(lines.map((line, at) => (at === index ? change(line) : line)).join('\n'), hintsFor(day[0]!, 'a.csv'))
      expect(taken(items).length, reasons(items).join('\n')).toBeGreaterThanOrEqual(day.length - 1)
      expect(reasons(items).join('\n')).toContain(`line ${index + 1}: its quotes are broken`)
    }
  })

  it('[CAP7] a row without key columns belongs to the transaction before it', () => {
    const [a, b] = storeDay(8, { transactions: 60 }).filter((t) => t.lineItems.length === 1)
    const lines = flatDocument([a!, b!], '\n').trimEnd().split('\n')
    const items = readDocument(
      [...lines.slice(0, 2), `${a!.storeId};${a!.workstationId}`, ...lines.slice(2)].join('\n'),
      hintsFor(a!, 'a.csv'),
    )
    expect(texts(taken(items))).toEqual(texts([flatProject(b!)]))
    expect(reasons(items)).toEqual([expect.stringMatching(/line 3: it has 2 columns where \d+ are named/)])
  })

  it('[CAP7] a header without a needed column refuses the file, and says which', () => {
    const t = storeDay(9, { transactions: 30 })[10]!
    const items = readDocument(flatDocument([t]).replace('store;till;', 'shop;till;'), hintsFor(t, 'a.csv'))
    expect(reasons(items)).toEqual(['mapping "flat-export": the header has no column "store"'])
    expect(reasons(readDocument(flatDocument([]), hintsFor(t, 'a.csv')))).toEqual(['mapping "flat-export": the file holds no transaction'])
  })

  it('[CAP9] knows a file that ends within a row', () => {
    const t = storeDay(10, { transactions: 30 })[12]!
    const text = recordsDocument([t])
    expect(endsWhole(readDocument(text.slice(0, text.lastIndexOf('F|') - 8), hintsFor(t, 'a.txt')))).toBe(false)
    expect(endsWhole(readDocument(text, hintsFor(t, 'a.txt')))).toBe(true)
  })

  it.each([
    ['an endless line', `${'x'.repeat(3_000_000)}\n`],
    ['an endless quoted cell', `"${'x\n'.repeat(80_000)}`],
    ['quotes only', '"'.repeat(500_000)],
    ['a quote on every line', '"a;b\n'.repeat(50_000)],
    ['a transaction of endless rows', `H|1\n${'L|1\n'.repeat(60_000)}`],
  ])('[CAP11] is not held up by %s', (_name, text) => {
    for (const name of ['a.csv', 'a.txt']) {
      const document = name === 'a.csv' ? flatDocument([]) + text : text
      const started = performance.now()
      const items = readDocument(document, hintsFor({ storeId: '9', currency: 'EUR' } as Transaction, name))
      expect(performance.now() - started).toBeLessThan(2_000)
      expect(taken(items)).toEqual([])
      expect(items.length).toBeGreaterThan(0)
    }
  })

  it('leaves XML and JSON to their dialects, whatever the file is called', () => {
    const t = storeDay(11, { transactions: 30 })[12]!
    expect(taken(readDocument(JSON.stringify([t]), hintsFor(t, 'a.csv')))).toEqual([t])
    expect(recordLines(t)[0]).toMatch(/^H\|/)
  })
})
