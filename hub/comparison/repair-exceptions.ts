/** What `repair` tells a person: which receipts the log had lost and was given again, and under which numbers it holds others. */
import { dayClosePayloadSchema, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import { recordIdOf } from '#sync/contract/record.ts'
import { type Transaction as Receipt, transactionSchema } from '#sync/contract/transaction.ts'
import { sql, type Transaction } from 'kysely'
import { exceptionId, raiseExceptions, reportExceptions } from '../exception/exception.ts'
import type { ReceivedRecord } from '../intake/received-batch.ts'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { type ComparedStream, dayExceptionId, isStorableDay } from './day-exceptions.ts'
import { wordNumbers } from './receipt-numbers.ts'

interface Resent {
  record: ReceivedRecord
  receipt: Receipt | undefined
  /** Empty where the record names none. */
  businessDay: string
}

/** One exception a life and business day. Its count and sum grow with each repair, for as long as it is open. */
export const tellFilledIn = async (trx: Transaction<Tables>, stream: ComparedStream, records: readonly ReceivedRecord[]): Promise<void> => {
  const days = [...grouped(records.map(readResent), ({ businessDay }) => businessDay)].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [businessDay, resent] of days) {
    const filledIn = businessDay === '' ? resent.length : await countFilledIn(trx, stream, businessDay, resent.length)
    const id = dayExceptionId('RECORDS_RESENT', stream, businessDay || 'no day')
    const numbers = wordNumbers(resent.flatMap(({ receipt }) => receipt ?? []))
    const others = resent.filter(({ receipt }) => !receipt).map(({ record }) => record.seq)
    const named = [...(numbers === '' ? [] : [numbers]), ...(others.length === 0 ? [] : [`records ${others.join(', ')}`])].join('; ')
    await reportExceptions(trx, [
      {
        exceptionId: id,
        kind: 'RECORDS_RESENT',
        storeId: stream.storeId,
        ...(businessDay === '' ? {} : { place: { businessDay } }),
        message: `${filledIn === 1 ? '1 record' : `${filledIn} records`} of store ${stream.storeId}${businessDay === '' ? '' : `, ${businessDay},`} had been acknowledged and ${filledIn === 1 ? 'was' : 'were'} missing in the hub’s log. The store sent ${filledIn === 1 ? 'it' : 'them'} again; nothing is missing any more. The last ones: ${named}.`,
        ...(await moneyAtStake(trx, id, resent)),
      },
    ])
  }
}

/** Raised once each: the record stays as it is until a person has looked. */
export const tellDiffering = async (
  trx: Transaction<Tables>,
  stream: ComparedStream,
  records: readonly ReceivedRecord[],
): Promise<void> => {
  await raiseExceptions(
    trx,
    records.map(readResent).map(({ record, receipt, businessDay }) => ({
      exceptionId: exceptionId('RECORDS_DIFFER', recordIdOf(record)),
      kind: 'RECORDS_DIFFER',
      storeId: stream.storeId,
      recordId: recordIdOf(record),
      place: businessDay === '' ? {} : { ...placeOf(receipt), businessDay },
      message: `The hub’s log holds another record under number ${record.seq} than the store’s journal. Nothing was overwritten.`,
      amountMinor: receipt?.totals.grandMinor,
      currency: receipt?.currency,
    })),
  )
}

const placeOf = (receipt: Receipt | undefined) =>
  receipt && { workstationId: receipt.workstationId, sequenceNumber: receipt.sequenceNumber }

const countFilledIn = async (
  trx: Transaction<Tables>,
  { storeId, deviceId, incarnation }: ComparedStream,
  businessDay: string,
  more: number,
): Promise<number> => {
  const { rows } = await sql<{ filled_in: number }>`
    insert into day_comparison (device_id, incarnation, business_day, store_id, outcome, count, digest, filled_in)
    values (${deviceId}, ${incarnation}, ${businessDay}, ${storeId}, 'lacks', 0, ${'0'.repeat(16)}, ${more})
    on conflict (device_id, incarnation, business_day) do update set filled_in = day_comparison.filled_in + excluded.filled_in
    returning filled_in`.execute(trx)
  return rows[0]?.filled_in ?? more
}

/** With what an earlier repair put there, where it is of one currency. */
const moneyAtStake = async (trx: Transaction<Tables>, id: string, resent: readonly Resent[]) => {
  const before = await trx.selectFrom('exception').select(['amount_minor', 'currency']).where('exception_id', '=', id).executeTakeFirst()
  const sums = resent.flatMap(({ receipt }) =>
    receipt ? [{ currency: receipt.currency as string, minor: receipt.totals.grandMinor }] : [],
  )
  if (before && before.amount_minor !== null && before.currency !== null)
    sums.push({ currency: before.currency, minor: before.amount_minor })
  const [first] = sums
  if (!first || sums.some(({ currency }) => currency !== first.currency)) return {}
  return { amountMinor: sums.reduce((sum, { minor }) => sum + minor, 0), currency: first.currency }
}

const readResent = (record: ReceivedRecord): Resent => {
  const receipt = record.kind === 'transaction' ? transactionSchema.safeParse(jsonOf(record.payload)).data : undefined
  const businessDay = receipt?.businessDay ?? closedDay(record) ?? ''
  return { record, receipt, businessDay: isStorableDay(businessDay) ? businessDay : '' }
}

const closedDay = ({ kind, payload }: ReceivedRecord): string | undefined => {
  if (kind !== 'day-close') return undefined
  const signed = dayClosePayloadSchema.safeParse(jsonOf(payload)).data
  return dayCloseStatementSchema.safeParse(jsonOf(signed?.statement ?? '')).data?.businessDay
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
