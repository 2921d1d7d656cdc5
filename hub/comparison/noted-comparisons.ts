/**
 * Notes what a comparison found, a row for each life's business day, and opens or ends its exceptions. A day may be told in several parts:
 * the worst of them counts. A store asks about a part that did not agree again each time, so a part that is left out agreed.
 */
import { type Transaction, sql } from 'kysely'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { type ComparedStream, dayExceptionId, isStorableDay, recordsDiffer, sumsDiffer } from './day-exceptions.ts'
import type { ExaminedDay } from './examined-days.ts'
import type { JudgedDay } from './judged-day.ts'

const byWeight: readonly JudgedDay['outcome'][] = ['agrees', 'waiting', 'lacks', 'differs']

const worst = (parts: readonly ExaminedDay[]): JudgedDay['outcome'] =>
  byWeight.findLast((outcome) => parts.some(({ judged }) => judged.outcome === outcome)) ?? 'agrees'

export const noteComparisons = async (
  trx: Transaction<Tables>,
  { storeId, deviceId }: Omit<ComparedStream, 'incarnation'>,
  all: readonly ExaminedDay[],
): Promise<void> => {
  const examined = all.filter(({ day }) => isStorableDay(day.businessDay))
  const days = [...grouped(examined, ({ day }) => `${day.incarnation} ${day.businessDay}`)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, parts]) => parts)
  await writeRows(trx, storeId, deviceId, days)
  await reportExceptions(
    trx,
    examined.flatMap(({ day, counts, judged }) => {
      const stream = { storeId, deviceId, incarnation: day.incarnation }
      if (judged.outcome !== 'differs') return []
      return [judged.why === 'records' ? recordsDiffer(stream, day, counts) : sumsDiffer(stream, day, judged.differences)]
    }),
  )
  await resolveExceptions(
    trx,
    days.flatMap((parts) => endedBy(storeId, deviceId, parts)),
  )
}

/** Where all agrees both end; where only sums differ, the records are the same again. */
const endedBy = (storeId: string, deviceId: string, parts: readonly ExaminedDay[]): string[] => {
  const [first] = parts
  if (!first) return []
  const stream = { storeId, deviceId, incarnation: first.day.incarnation }
  const { businessDay } = first.day
  const agree = parts.every(({ judged }) => judged.outcome === 'agrees')
  const sameRecords = parts.every(({ judged }) => judged.outcome === 'agrees' || (judged.outcome === 'differs' && judged.why === 'sums'))
  return [
    ...(agree ? [dayExceptionId('COUNTS_DIFFER', stream, businessDay)] : []),
    ...(sameRecords ? [dayExceptionId('RECORDS_DIFFER', stream, businessDay)] : []),
  ]
}

const writeRows = async (trx: Transaction<Tables>, storeId: string, deviceId: string, days: readonly ExaminedDay[][]): Promise<void> => {
  const rows = days.flatMap((parts) => {
    const [first] = parts
    if (!first) return []
    const { incarnation, businessDay } = first.day
    const digest = parts.reduce((bits, { counts }) => bits ^ BigInt(`0x${counts.digest}`), 0n)
    return {
      ...{ device_id: deviceId, incarnation, business_day: businessDay, store_id: storeId, outcome: worst(parts) },
      count: parts.reduce((sum, { counts }) => sum + counts.count, 0),
      digest: digest.toString(16).padStart(16, '0'),
    }
  })
  await sql`
    insert into day_comparison (device_id, incarnation, business_day, store_id, outcome, count, digest)
    select device_id, incarnation, business_day, store_id, outcome, count, digest
    from json_populate_recordset(null::day_comparison, ${JSON.stringify(rows)}::json)
    on conflict (device_id, incarnation, business_day) do update
      set compared_at = now(), outcome = excluded.outcome, count = excluded.count, digest = excluded.digest`.execute(trx)
}
