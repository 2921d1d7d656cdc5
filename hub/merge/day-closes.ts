/**
 * Receipts and closes of one store's days held against each other [MRG6] [MRG7], whichever came first: a receipt that arrives is held against the
 * closes that are known, a close that arrives against the receipts that are. The store's lock is held.
 */
import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { numberRangeSchema } from '#sync/contract/day-close.ts'
import type { Tables } from '../storage/tables.ts'
import type { LogRecord } from './log-record.ts'
import { grouped } from '../grouped.ts'
import { type DayClose, isCovered, judgeAfterClose } from './policies/after-close.ts'
import { daysLate, judgeArrival } from './policies/late-arrival.ts'
import {
  addFindings,
  countText,
  dropFindings,
  type Finding,
  type FindingPlace,
  type Group,
  numbersText,
  tellFindings,
} from './policy-findings.ts'
import { type PolicyClose, type PolicyReceipt, readReceipt } from './policy-receipts.ts'

type Trx = Transaction<Tables>

const tillSchema = z.object({
  workstationId: z.string(),
  ledger: z.object({
    first: z.int().optional(),
    last: z.int().optional(),
    missing: z.array(numberRangeSchema),
    rolledOver: z.array(numberRangeSchema),
  }),
})

const ledgersOf = ({ statement }: PolicyClose): string =>
  JSON.stringify(
    statement.workstations.map(({ workstationId, ledger: { first, last, missing, rolledOver } }) => ({
      workstationId,
      ledger: { first, last, missing, rolledOver },
    })),
  )

const noteCloses = async (trx: Trx, closes: readonly PolicyClose[]): Promise<void> => {
  if (closes.length === 0) return
  const rows = closes.map((close) => ({
    ...{ device_id: close.row.device_id, incarnation: close.row.incarnation, seq: close.row.seq, store_id: close.row.store_id },
    ...{ business_day: close.statement.businessDay, ledgers: ledgersOf(close) },
  }))
  await sql`insert into policy_close select * from json_populate_recordset(null::policy_close, ${JSON.stringify(rows)}::json)
    on conflict do nothing`.execute(trx)
}

/** By day; a close that another life carried over says the same again. */
const readCloses = async (trx: Trx, storeId: string, days: readonly string[]): Promise<Map<string, DayClose[]>> => {
  const { rows } = await sql<{ device_id: string; business_day: string; ledgers: string }>`
    select distinct device_id, business_day, ledgers from policy_close
    where store_id = ${storeId} and business_day = any(${days}::date[])`.execute(trx)
  return new Map(
    [...grouped(rows, (row) => row.business_day)].map(([day, closes]) => [
      day,
      closes.map((row) => ({ deviceId: row.device_id, tills: z.array(tillSchema).parse(JSON.parse(row.ledgers)) })),
    ]),
  )
}

/** Receipts of these days that were read before, and that no close covers. Keys are read first: nearly all are covered. */
const readUncovered = async (trx: Trx, storeId: string, closes: ReadonlyMap<string, DayClose[]>): Promise<PolicyReceipt[]> => {
  if (closes.size === 0) return []
  const { rows } = await sql<Pick<LogRecord, 'device_id' | 'incarnation' | 'seq'> & { day: string; till: string; number: string }>`
    select r.device_id, r.incarnation, r.seq, t.business_day as day, t.workstation_id as till,
      substr(r.natural_key, length(k.prefix) + 1) as number
    from till_day t
    cross join lateral (select t.store_id || '|' || t.workstation_id || '|' || t.business_day || '|' as prefix) k
    join record_log r on r.device_id = t.device_id and r.incarnation = t.incarnation and r.seq between t.first_seq and t.last_seq
      and r.kind = 'transaction' and r.verdict = 'accepted' and starts_with(r.natural_key, k.prefix)
    where t.store_id = ${storeId} and t.business_day = any(${[...closes.keys()]}::date[])`.execute(trx)
  const uncovered = rows.filter(
    ({ day, till, number }) => !isCovered({ workstationId: till, sequenceNumber: Number(number) }, closes.get(day) ?? []),
  )
  if (uncovered.length === 0) return []
  const places = uncovered.map(({ device_id, incarnation, seq }) => ({ device_id, incarnation, seq }))
  const found = await sql<LogRecord>`
    select r.* from json_populate_recordset(null::record_log, ${JSON.stringify(places)}::json) p
    join record_log r on r.device_id = p.device_id and r.incarnation = p.incarnation and r.seq = p.seq`.execute(trx)
  return found.rows.flatMap(readReceipt)
}

const findingOf = (policy: 'AFTER_CLOSE' | 'LATE_ARRIVAL', { row, naturalKey, transaction }: PolicyReceipt, detail: number): Finding => ({
  ...{ policy, store_id: row.store_id, business_day: transaction.businessDay, workstation_id: transaction.workstationId, item_id: '' },
  ...{ natural_key: naturalKey, line_number: 0, sequence_number: transaction.sequenceNumber, detail },
  ...{ amount_minor: Math.abs(transaction.totals.grandMinor), currency: transaction.currency },
})

const findingsOf = (receipt: PolicyReceipt, closes: readonly DayClose[]): Finding[] => {
  const { row, transaction } = receipt
  if (!receipt.isSettled) return []
  const about = { deviceId: row.device_id, workstationId: transaction.workstationId, sequenceNumber: transaction.sequenceNumber }
  const days = daysLate(transaction.businessDay, Date.parse(row.captured_at))
  const [afterClose, arrival] = [judgeAfterClose(about, closes), judgeArrival({ days, isCovered: isCovered(about, closes) })]
  return [
    ...(afterClose.verdict === 'accept' ? [] : [findingOf('AFTER_CLOSE', receipt, 0)]),
    ...(arrival.verdict === 'accept' ? [] : [findingOf('LATE_ARRIVAL', receipt, days)]),
  ]
}

const wordFinding = (group: Group): string => {
  const receipts = `${countText(group, 'receipt', 'receipts')} of till ${group.workstation_id} (${numbersText(group)})`
  return group.policy === 'AFTER_CLOSE'
    ? `${receipts} belong${group.count === 1 ? 's' : ''} to ${group.business_day}, which was closed without ${group.count === 1 ? 'it' : 'them'}. They count; a newer close is awaited.`
    : `${receipts} of ${group.business_day} arrived up to ${group.detail ?? 0} days late, and no close of the day covers them. They count.`
}

/** What of earlier findings these closes cover. */
const dropCovered = async (trx: Trx, storeId: string, closes: ReadonlyMap<string, DayClose[]>): Promise<FindingPlace[]> => {
  if (closes.size === 0) return []
  const open = await trx
    .selectFrom('policy_finding')
    .selectAll()
    .where('policy', 'in', ['AFTER_CLOSE', 'LATE_ARRIVAL'])
    .where('store_id', '=', storeId)
    .where('business_day', 'in', [...closes.keys()])
    .execute()
  const over = open.filter((row) =>
    isCovered({ workstationId: row.workstation_id, sequenceNumber: row.sequence_number }, closes.get(row.business_day) ?? []),
  )
  await dropFindings(trx, over)
  return over as Finding[]
}

export const holdAgainstCloses = async (
  trx: Trx,
  storeId: string,
  receipts: readonly PolicyReceipt[],
  newCloses: readonly PolicyClose[],
): Promise<void> => {
  await noteCloses(trx, newCloses)
  const newlyClosed = new Set<string>(newCloses.map(({ statement }) => statement.businessDay))
  const days = [...new Set([...newlyClosed, ...receipts.map(({ transaction }) => transaction.businessDay)])]
  const closes = await readCloses(trx, storeId, days)
  const closedNow = new Map([...closes].filter(([day]) => newlyClosed.has(day)))
  const covered = await dropCovered(trx, storeId, closedNow)
  const before = await readUncovered(trx, storeId, closedNow)
  const findings = [...receipts, ...before].flatMap((receipt) => findingsOf(receipt, closes.get(receipt.transaction.businessDay) ?? []))
  await addFindings(trx, findings)
  await tellFindings(trx, [...findings, ...covered], wordFinding)
}
