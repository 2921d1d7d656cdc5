import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeInput } from '#main/intake/input-text.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import { readDocument } from '../dialects.ts'
import { mappingFor } from './applies.ts'
import { mappingSchema, readMapping } from './mapping.ts'
import { plainNumber } from './number-text.ts'
import { businessDayOf, readWritten } from './time-format.ts'

const fixture = (name: string): Buffer => readFileSync(new URL(`../../../test/fixtures/delimited/${name}`, import.meta.url))
const problems = (mapping: unknown): string[] => {
  const read = readMapping(typeof mapping === 'string' ? mapping : JSON.stringify(mapping))
  return read.ok ? [] : read.problems
}
const header = { adds: 'transaction', fields: { workstationId: 'till', sequenceNumber: 'no', endedAt: 'at' } }
const least = { name: 'a', files: ['*.csv'], transactions: { begin: 'with-row' }, rows: [header] }

describe('a mapping', () => {
  it('[CAP15] the example of docs/mappings.md is read as it says there', () => {
    const read = readMapping(fixture('kiosk.mapping.json').toString())
    if (!read.ok) throw new Error(read.problems.join('\n'))
    const hints = {
      ...{ storeId: storeIdSchema.parse('K7'), currency: currencySchema.parse('EUR'), timeZone: 'Europe/Berlin' },
      ...{ fileName: 'Umsatz_2026-03-02.csv', mappings: [read.mapping] },
    }
    const items = readDocument(decodeInput(fixture('Umsatz_2026-03-02.csv'), hints), hints)
    const taken = items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction] : []))
    expect(taken.map((t) => [t.kind, t.workstationId, t.sequenceNumber, t.businessDay, t.endedAt, t.totals.grandMinor])).toEqual([
      ['sale', '1', 4711, '2026-03-02', '2026-03-02T08:15:04', 599],
      ['sale', '1', 4712, '2026-03-02', '2026-03-02T08:21:40', 109_900],
      ['return', '1', 4713, '2026-03-02', '2026-03-03T00:40:12', -150],
      ['sale', '2', 18, '2026-03-02', '2026-03-02T09:05:30', 10],
    ])
    expect(taken.map(receiptDifference)).toEqual([null, null, null, null])
    expect(taken[0]).toMatchObject({
      lineItems: [
        { description: 'Tee; grün', quantityMilli: 2_000 },
        { description: 'Äpfel lose', quantityMilli: 999, unit: 'kilogram' },
      ],
      tenders: [
        { kind: 'cash', amountMinor: 2_000 },
        { kind: 'cash', amountMinor: -1_401 },
      ],
      taxes: [{ code: 'B', rateMicro: 70_000, taxableMinor: 559, taxMinor: 40, inclusive: true }],
    })
    expect(taken[1]?.extensions).toEqual({ Kundennummer: 'K-88' })
    expect(taken[2]?.lineItems[0]).toMatchObject({ kind: 'return', quantityMilli: -1_000, amountMinor: -150 })
    expect(items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons : []))).toEqual([
      {
        code: 'INVALID',
        message: 'mapping "kiosk", column "Menge", line 6: "eins" is not a number written with ","',
        where: 'transaction 4, line 6',
      },
    ])
  })

  it.each([
    ['no JSON', '{"name":', 'not JSON'],
    ['a misspelt field', { ...least, delimitter: ';' }, 'Unrecognized key: "delimitter"'],
    ['no transaction', { ...least, rows: [{ adds: 'line', fields: {} }] }, 'rows: one of them must add a "transaction"'],
    ['a missing field', { ...least, rows: [{ ...header, fields: { workstationId: 1 } }] }, 'rows[0].fields.sequenceNumber: '],
    [
      'two sources of a value',
      { ...least, rows: [{ ...header, fields: { ...header.fields, kind: { column: 'a', constant: 'sale' } } }] },
      'rows[0].fields.kind: needs exactly one of column, columns, constant',
    ],
    [
      'a word of nobody',
      { ...least, rows: [{ ...header, fields: { ...header.fields, kind: { column: 'a', map: { V: 'verkauf' } } } }] },
      'rows[0].fields.kind: "verkauf" is none of sale, return',
    ],
    ['a part named twice', { ...least, date: 'DD.DD.YYYY' }, 'date: a date or time format that names each part once'],
    ['the decimal sign twice', { ...least, decimal: ',', thousands: ',' }, 'thousands: the same as the decimal sign'],
    ['a column that the mapping does not name', { ...least, header: false, columns: ['till', 'no'] }, 'rows[0]: there is no column "at"'],
  ])('tells %s in words', (_name, mapping, problem) => {
    expect(problems(mapping).join('\n')).toContain(problem)
  })

  it('is for the files that its patterns name', () => {
    const mapping = mappingSchema.parse({ ...least, files: ['Umsatz_????.csv', 'a[1].*'] })
    const names = ['Umsatz_0302.csv', 'UMSATZ_0302.CSV', 'C:\\till\\Umsatz_0302.csv', 'Umsatz_302.csv', 'a[1].x', 'a1.x']
    expect(names.map((fileName) => mappingFor({ fileName, mappings: [mapping] }) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
    ])
  })

  it.each([
    ['1.234,50-', { decimal: ',', thousands: '.' }, '-1234.50'],
    ['- 5', { decimal: '.', thousands: '' }, '-5'],
    ["1'234'567.5", { decimal: '.', thousands: "'" }, '1234567.5'],
    ['1\u202f234,5', { decimal: ',', thousands: ' ' }, '1234.5'],
    [',5', { decimal: ',', thousands: '' }, '0.5'],
    ['12.50', { decimal: ',', thousands: '.' }, null],
    ['1.23,4', { decimal: ',', thousands: '.' }, null],
    ['1,2,3', { decimal: ',', thousands: '' }, null],
    ['1e3', { decimal: '.', thousands: '' }, null],
    ['', { decimal: '.', thousands: '' }, null],
  ] as const)('[CAP10] %s (%#) is %s', (text, style, plain) => {
    expect(plainNumber(text, style)).toBe(plain)
  })

  it.each([
    ['02.03.2026 08:15:04', 'DD.MM.YYYY HH:mm:ss', '2026-03-02T08:15:04'],
    ['3/2/26 1:05 PM', 'M/D/YY h:mm A', '2026-03-02T13:05:00'],
    ['3/2/26 12:05 a.m.', 'M/D/YY h:mm A', '2026-03-02T00:05:00'],
    ['20260302081504', 'YYYYMMDDHHmmss', '2026-03-02T08:15:04'],
    ['2026-03-02 08:15:04.5 +0200', undefined, '2026-03-02T08:15:04.5+02:00'],
    ['2026-03-02', undefined, '2026-03-02T00:00:00'],
    ['2.3.2026', 'DD.MM.YYYY', 'none'],
  ])('[CAP20] %s written as %s is %s', (text, format, expected) => {
    const time = readWritten(text, format)
    expect(time ? `${time.date}T${time.time}${time.offset}` : 'none').toBe(expected)
  })

  it('a business day that begins at four holds what came before it until then', () => {
    const day = (time: string): string => businessDayOf({ date: '2026-03-01', time, offset: '' }, '04:00')
    expect([day('03:59:59'), day('04:00:00')]).toEqual(['2026-02-28', '2026-03-01'])
  })
})
