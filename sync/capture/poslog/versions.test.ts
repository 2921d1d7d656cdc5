/** What each version's renderer prints of the store model is read back equal. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { poslogVersions } from '#test/fixtures/poslog-versions.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import { storeDay, storeTransaction, wrongTotal } from '#test/fixtures/store-model.ts'
import type { CapturedItem, CaptureHints } from '../captured-item.ts'
import { readDocument } from '../dialects.ts'

const hintsOf = (t: Pick<Transaction, 'storeId' | 'currency'>): CaptureHints => ({
  storeId: t.storeId,
  currency: t.currency,
  timeZone: 'UTC',
})

/** Without the vendor's own elements that the renderer prints around what it was given. */
const readBack = (item: CapturedItem | undefined, wanted: Transaction): unknown => {
  if (item?.outcome !== 'transaction') return item?.reasons
  const { extensions, ...rest } = item.transaction
  const own = Object.entries(extensions ?? {}).filter(([key]) => wanted.extensions?.[key] !== undefined)
  return { ...rest, ...(own.length === 0 ? {} : { extensions: Object.fromEntries(own) }) }
}

describe.each(poslogVersions.map((version) => [version.name, version] as const))('%s', (_name, version) => {
  it('[CAP15] [CAP22] reads back equal whatever it prints', () => {
    fc.assert(
      fc.property(storeTransaction(), (transaction) => {
        const wanted = version.project(transaction)
        const items = readDocument(version.document([transaction]), hintsOf(transaction))
        expect(items).toHaveLength(1)
        expect(readBack(items[0], wanted)).toEqual(wanted)
      }),
      { numRuns: 200 },
    )
  })

  it('[CAP18] takes a receipt that does not add up as it is', () => {
    fc.assert(
      fc.property(storeTransaction({ kinds: ['sale', 'return', 'exchange'] }), fc.constantFrom(1, -7, 100_000), (transaction, by) => {
        // A void whose partner only the total tells, and rounding that may or may not be in the total, need one that is right.
        fc.pre(transaction.totals.roundingMinor === undefined && transaction.lineItems.every((line) => !line.voided))
        const wanted = version.project(wrongTotal(transaction, by))
        const [item] = readDocument(version.document([wrongTotal(transaction, by)]), hintsOf(transaction))
        expect(readBack(item, wanted)).toEqual(wanted)
        expect(receiptDifference(wanted)).not.toBeNull()
      }),
      { numRuns: 50 },
    )
  })

  it('[CAP15] [CAP16] reads back a whole day, and what carries neither goods nor money', () => {
    const day = storeDay(3, { transactions: 200 })
    const [first] = day
    const items = first ? readDocument(version.document(day), hintsOf(first)) : []
    expect(items.map((item, index) => readBack(item, day[index] as Transaction))).toEqual(day.map((one) => version.project(one)))
    expect(items.flatMap((item) => (item.outcome === 'transaction' ? item.warnings : []))).toEqual([])
    expect(canonicalText(day[0] as Transaction)).toContain('"kind":"day-open"')
  })
})
