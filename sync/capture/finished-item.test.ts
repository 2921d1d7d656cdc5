import { describe, expect, it } from 'vitest'
import type { Reason } from '#sync/contract/record.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema } from '#sync/contract/vocabulary.ts'
import { flatDocument, flatMapping } from '#test/fixtures/flat-text.ts'
import { naxmlDocument } from '#test/fixtures/naxml-text.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { poslogVersions } from '#test/fixtures/poslog-versions.ts'
import { recordsDocument, recordsMapping } from '#test/fixtures/records-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { readDocument } from './dialects.ts'

interface Renderer {
  name: string
  fileName?: string
  document(transactions: readonly Transaction[]): string
}

const renderers: Renderer[] = [
  { name: 'JSON', document: (transactions) => JSON.stringify(transactions) },
  { name: 'POSLog, plain', document: poslogDocument },
  ...poslogVersions,
  { name: 'NAXML', document: naxmlDocument },
  { name: 'a flat file', fileName: 'sales.csv', document: (transactions) => flatDocument(transactions) },
  { name: 'record types', fileName: 'sales.txt', document: (transactions) => recordsDocument(transactions) },
]

const warningsOf = ({ document, fileName }: Renderer, transactions: readonly Transaction[]): Reason[][] => {
  const hints = { storeId: saleOf(1).storeId, currency: saleOf(1).currency, timeZone: 'UTC', mappings: [flatMapping, recordsMapping] }
  return readDocument(document(transactions), fileName === undefined ? hints : { ...hints, fileName }).map((item) => {
    if (item.outcome === 'quarantined') throw new Error(JSON.stringify(item.reasons))
    return item.warnings
  })
}
const [line] = saleOf(1).lineItems
const short = saleOf(2, { tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: 250, voided: false }] })

describe('finished item', () => {
  it.each(renderers)('[CAP18] $name: a receipt that does not add up is taken, and its warning states every sum', (renderer) => {
    const [whole, warned] = warningsOf(renderer, [saleOf(1), short])
    expect(whole).toEqual([])
    expect(warned).toMatchObject([
      {
        code: 'DOES_NOT_ADD_UP',
        message: 'the receipt does not add up: total 3.00 USD, lines 3.00 USD, net and tax 3.00 USD, tenders 2.50 USD',
        where: expect.stringMatching(/./),
      },
    ])
  })

  it('[CAP18] asks nothing of what was never paid, and stands beside the warning of a time', () => {
    const [json] = renderers as [Renderer]
    expect(warningsOf(json, [saleOf(1, { kind: 'suspended', tenders: [] })])).toEqual([[]])
    const hints = { storeId: short.storeId, currency: short.currency, timeZone: 'Europe/Berlin' }
    const [item] = readDocument(JSON.stringify({ ...short, endedAt: '2026-10-25T02:30:00' }), hints)
    expect(item).toMatchObject({ outcome: 'transaction', warnings: [{ code: 'INVALID' }, { code: 'DOES_NOT_ADD_UP' }] })
  })

  it.each([
    ['JPY', 'total 300 JPY, lines -2 JPY, net and tax 300 JPY, tenders 300 JPY'],
    ['KWD', 'total 0.300 KWD, lines -0.002 KWD, net and tax 0.300 KWD, tenders 0.300 KWD'],
  ])('[CAP18] writes amounts as %s does', (code, sums) => {
    const currency = currencySchema.parse(code)
    const sale = saleOf(1, { currency, lineItems: [{ ...line, kind: 'return', quantityMilli: -1_000, amountMinor: -2 }] })
    const [item] = readDocument(JSON.stringify(sale), { storeId: sale.storeId, currency, timeZone: 'UTC' })
    expect(item).toMatchObject({ warnings: [{ message: `the receipt does not add up: ${sums}` }] })
  })
})
