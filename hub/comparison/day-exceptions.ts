/** What a comparison of days tells a person: reported as it is found, ended by a later comparison that agrees [HUB7] [TRN22]. */
import type { DayDigest } from '#sync/contract/comparison.ts'
import { type HubException, exceptionId } from '../exception/exception.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import { amountText } from '../posting/decimal.ts'
import type { DayCounts } from './day-counts.ts'
import type { SumDifference } from './judged-day.ts'

export interface ComparedStream {
  storeId: string
  deviceId: string
  incarnation: string
}

/** A date that the database has too: its years begin with 1. */
export const isStorableDay = (businessDay: string): boolean => businessDay >= '0001-01-01'

export const dayExceptionId = (kind: ExceptionKind, { storeId, deviceId, incarnation }: ComparedStream, about: string): string =>
  exceptionId(kind, `${encodeURIComponent(storeId)}|${deviceId}:${incarnation}|${about}`)

export const recordsDiffer = (stream: ComparedStream, day: DayDigest, counts: DayCounts): HubException => ({
  exceptionId: dayExceptionId('RECORDS_DIFFER', stream, day.businessDay),
  kind: 'RECORDS_DIFFER',
  storeId: stream.storeId,
  place: { businessDay: day.businessDay },
  message:
    counts.count === day.count
      ? `Store and hub hold ${receipts(day.count)} each of ${day.businessDay}, under the same record numbers (${numbersOf(day)}), and they are not the same ones. Nothing was overwritten.`
      : `Of ${day.businessDay} the store’s journal holds ${receipts(day.count)} under record numbers ${numbersOf(day)}; the hub’s log holds ${receipts(counts.count)} there. Nothing was overwritten.`,
  ...moneyOf(day),
})

export const sumsDiffer = (stream: ComparedStream, { businessDay }: DayDigest, differences: readonly SumDifference[]): HubException => ({
  exceptionId: dayExceptionId('COUNTS_DIFFER', stream, businessDay),
  kind: 'COUNTS_DIFFER',
  storeId: stream.storeId,
  place: { businessDay },
  message: `Store and hub hold the same receipts of ${businessDay} and count them otherwise, store / hub: ${differences.map(wordDifference).join('; ')}.`,
  ...stakeOf(differences),
})

const wordDifference = ({ currency, store, hub }: SumDifference): string =>
  `${receipts(store.count)} of ${amountText(store.grandMinor, currency)} / ${receipts(hub.count)} of ${amountText(hub.grandMinor, currency)}`

const stakeOf = (differences: readonly SumDifference[]): Pick<HubException, 'amountMinor' | 'currency'> => {
  const [first] = differences
  return first ? { amountMinor: Math.abs(first.store.grandMinor - first.hub.grandMinor), currency: first.currency } : {}
}

/** Which receipts differ is not known: the whole day's money is at stake. */
const moneyOf = ({ totals }: DayDigest): Pick<HubException, 'amountMinor' | 'currency'> => {
  const [first, ...others] = totals
  return first && others.length === 0 ? { amountMinor: Math.abs(first.grandMinor), currency: first.currency } : {}
}

const receipts = (count: number): string => (count === 1 ? '1 receipt' : `${count} receipts`)

const numbersOf = ({ spans }: DayDigest): string => `${spans[0]?.fromSeq ?? 0} to ${spans.at(-1)?.toSeq ?? 0}`
