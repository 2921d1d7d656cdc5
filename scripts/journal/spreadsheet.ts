/** Transactions as rows of a spreadsheet. Text that a spreadsheet would take for a formula is led by an apostrophe. */
import { minorDigits } from '#sync/capture/currency.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { recordIdOf } from '#sync/contract/record.ts'
import type { Transaction } from '#sync/contract/transaction.ts'

/** Integer minor units as decimal text, without any floating point. */
export const decimal = (minor: number, digits: number): string => {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const point = text.length - digits
  return `${minor < 0 ? '-' : ''}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ''}`
}

const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const header =
  'record,seq,captured at,store,workstation,business day,number,kind,ended at,currency,net,tax,grand,cash,other tenders,lines\r\n'

export const rowOf = (record: TidelineRecord, transaction: Transaction): string => {
  const { totals, currency } = transaction
  const money = (minor: number): string => decimal(minor, minorDigits(currency))
  const tendered = (isCash: boolean): number =>
    transaction.tenders
      .filter(({ kind, voided }) => !voided && (kind === 'cash') === isCash)
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const { storeId, workstationId, businessDay, sequenceNumber, kind, endedAt } = transaction
  const texts = [
    recordIdOf(record),
    String(record.seq),
    record.capturedAt,
    storeId,
    workstationId,
    businessDay,
    String(sequenceNumber),
    kind,
    endedAt,
    currency,
  ]
  const amounts = [totals.netMinor, totals.taxMinor, totals.grandMinor, tendered(true), tendered(false)].map(money)
  return `${[...texts.map(cell), ...amounts, String(transaction.lineItems.length)].join(',')}\r\n`
}
