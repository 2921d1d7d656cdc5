/**
 * Receipts of a day that was closed without them [MRG6]. A close covers the numbers that its ledger has seen; whichever journal it stands in, and
 * whether it was read before the receipt or after it, makes no difference.
 */
import type { DayLedger } from '#sync/contract/day-close.ts'
import type { Judgement } from './verdict.ts'

export interface ClosedTill {
  workstationId: string
  ledger: Pick<DayLedger, 'first' | 'last' | 'missing' | 'rolledOver'>
}

/** One close of the receipt's day at its store. */
export interface DayClose {
  deviceId: string
  tills: readonly ClosedTill[]
}

export interface ClosableReceipt {
  deviceId: string
  workstationId: string
  sequenceNumber: number
}

const isBetween = (number: number, { from, to }: { from: number; to: number }): boolean => from <= number && number <= to

const coversNumber = ({ first, last, missing, rolledOver }: ClosedTill['ledger'], number: number): boolean =>
  first !== undefined &&
  last !== undefined &&
  isBetween(number, { from: first, to: last }) &&
  ![...missing, ...rolledOver].some((range) => isBetween(number, range))

export const isCovered = ({ workstationId, sequenceNumber }: Omit<ClosableReceipt, 'deviceId'>, closes: readonly DayClose[]): boolean =>
  closes.some(({ tills }) => tills.some((till) => till.workstationId === workstationId && coversNumber(till.ledger, sequenceNumber)))

/** A close speaks for the tills that it lists and for all that its own device captures: another device's tills it knows nothing of. */
const speaksFor = ({ deviceId, tills }: DayClose, receipt: ClosableReceipt): boolean =>
  deviceId === receipt.deviceId || tills.some(({ workstationId }) => workstationId === receipt.workstationId)

export const judgeAfterClose = (receipt: ClosableReceipt, closes: readonly DayClose[]): Judgement => {
  if (!closes.some((close) => speaksFor(close, receipt))) return { verdict: 'accept', reason: 'the day is not closed yet' }
  if (isCovered(receipt, closes)) return { verdict: 'accept', reason: 'the day’s close covers it' }
  return { verdict: 'accept with exception', reason: 'the day was closed without it' }
}
