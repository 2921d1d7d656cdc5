/**
 * What the log holds of the days that a store names, and what of it counts. One read of the log by its primary key, payloads left alone;
 * only of records that count for nothing, which are few, the payload is read for its sum. All of one moment: whoever calls gives a
 * transaction that sees one state.
 */
import type { DayDigest } from '#sync/contract/comparison.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'

export interface CurrencySum {
  count: number
  grandMinor: number
}

export interface DayCounts {
  /** Records of kind transaction under the day's numbers. */
  count: number
  digest: string
  /** Accepted, or the same as an accepted one; counted in the sales of the hub. */
  counted: ReadonlyMap<string, CurrencySum>
  /** Accepted, and not among the sales. */
  uncounted: number
  /** In conflict or quarantine: each with its sum, null where that cannot be read. */
  setAside: readonly ({ currency: string; grandMinor: number } | null)[]
}

/** In the order of `days`, within what is acknowledged of each life. */
export const countDays = async (db: Kysely<Tables>, deviceId: string, days: readonly DayDigest[]): Promise<DayCounts[]> => {
  const spans = spanRows(days)
  const { rows } = await sql<CountRow>`
    with span as (select * from json_to_recordset(${spans}::json) as t(day int, incarnation text, from_seq bigint, to_seq bigint))
    select span.day, s.currency, count(*)::int as count,
      -- A hash that somebody broke is no hash; it makes a difference, not an error.
      lpad(to_hex(coalesce(bit_xor(case when l.payload_hash ~ '^[0-9a-f]{16}' then ('x' || left(l.payload_hash, 16))::bit(64)::bigint end), 0)), 16, '0') as digest,
      count(*) filter (where not l.counts)::int as set_aside, count(*) filter (where l.counts and s.currency is null)::int as uncounted,
      coalesce(sum(s.grand_minor), 0)::bigint as grand
    from span cross join lateral (
      select payload_hash, natural_key, verdict in ('accepted', 'duplicate') as counts from record_log
      where device_id = ${deviceId} and incarnation = span.incarnation and seq between span.from_seq and span.to_seq
        and kind = 'transaction' offset 0) l
    left join lateral (
      select currency, grand_minor from sales_transaction where natural_key = l.natural_key and l.counts offset 0) s on true
    group by span.day, s.currency`.execute(db)
  const setAside = rows.some((row) => row.set_aside > 0) ? await readSetAside(db, deviceId, spans) : []
  return days.map((_, day) =>
    sumUp(
      rows.filter((row) => row.day === day),
      setAside.filter((row) => row.day === day),
    ),
  )
}

export const spanRows = (days: readonly DayDigest[]): string =>
  JSON.stringify(
    days.flatMap(({ incarnation, spans }, day) =>
      spans.map(({ fromSeq, toSeq }) => ({ day, incarnation, from_seq: fromSeq, to_seq: toSeq })),
    ),
  )

interface CountRow {
  day: number
  currency: string | null
  count: number
  digest: string
  set_aside: number
  uncounted: number
  grand: number
}

interface SetAsideRow {
  day: number
  payload: string
}

const readSetAside = async (db: Kysely<Tables>, deviceId: string, spans: string): Promise<SetAsideRow[]> => {
  const { rows } = await sql<SetAsideRow>`
    with span as (select * from json_to_recordset(${spans}::json) as t(day int, incarnation text, from_seq bigint, to_seq bigint))
    select span.day, l.payload from span cross join lateral (
      select payload from record_log
      where device_id = ${deviceId} and incarnation = span.incarnation and seq between span.from_seq and span.to_seq
        and kind = 'transaction' and verdict <> 'accepted' and verdict <> 'duplicate' offset 0) l`.execute(db)
  return rows
}

const sumUp = (rows: readonly CountRow[], setAside: readonly SetAsideRow[]): DayCounts => {
  const counted = new Map<string, CurrencySum>()
  for (const { currency, count, grand } of rows) if (currency !== null) counted.set(currency, { count, grandMinor: grand })
  const digest = rows.reduce((bits, row) => bits ^ BigInt(`0x${row.digest}`), 0n)
  return {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    digest: digest.toString(16).padStart(16, '0'),
    counted,
    uncounted: rows.reduce((sum, row) => sum + row.uncounted, 0),
    setAside: setAside.map(({ payload }) => sumOf(payload)),
  }
}

const sumOf = (payload: string): { currency: string; grandMinor: number } | null => {
  try {
    const { currency, totals } = transactionSchema.parse(JSON.parse(payload))
    return { currency, grandMinor: totals.grandMinor }
  } catch {
    return null
  }
}

/** Whether some of what is not among the sales is only not read yet: in its own stream, or in that of the record that holds its key. */
export const isSalesBehind = async (db: Kysely<Tables>, deviceId: string, day: DayDigest): Promise<boolean> => {
  const { rows } = await sql<{ behind: boolean }>`
    with span as (select * from json_to_recordset(${spanRows([day])}::json) as t(day int, incarnation text, from_seq bigint, to_seq bigint))
    select exists (
      select from span cross join lateral (
        select store_id, natural_key from record_log
        where device_id = ${deviceId} and incarnation = span.incarnation and seq between span.from_seq and span.to_seq
          and kind = 'transaction' and verdict in ('accepted', 'duplicate') offset 0) l
      join record_log h on h.store_id = l.store_id and h.natural_key = l.natural_key and h.verdict = 'accepted'
      left join projection_position p on p.projection = 'sales' and p.device_id = h.device_id and p.incarnation = h.incarnation
      where not exists (select from sales_transaction s where s.natural_key = l.natural_key)
        and (coalesce(p.seq, 0) < h.seq or exists (select from projection_late late where late.projection = 'sales'
          and late.device_id = h.device_id and late.incarnation = h.incarnation and late.seq = h.seq))) as behind`.execute(db)
  return rows[0]?.behind ?? false
}
