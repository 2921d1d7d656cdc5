/** Numbers that a day names, that the hub has acknowledged, and that the log lacks. */
import type { DayDigest, Span } from '#sync/contract/comparison.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { spanRows } from './day-counts.ts'

export const mostWanted = 500

/** How far each life of the device's journal is acknowledged. */
export const readWatermarks = async (db: Kysely<Tables>, deviceId: string): Promise<Map<string, number>> => {
  const rows = await db.selectFrom('device_stream').select(['incarnation', 'acked_seq']).where('device_id', '=', deviceId).execute()
  return new Map(rows.map(({ incarnation, acked_seq }) => [incarnation, acked_seq]))
}

/** For each day in order how many of its acknowledged numbers the log lacks, whatever the kind of what stands there. */
export const countLacking = async (
  db: Kysely<Tables>,
  deviceId: string,
  days: readonly DayDigest[],
  watermarks: ReadonlyMap<string, number>,
): Promise<number[]> => {
  const acknowledged = days.map((day) => ({ ...day, spans: acknowledgedSpans(day, watermarks) }))
  const { rows } = await sql<{ day: number; held: number }>`
    with span as (select * from json_to_recordset(${spanRows(acknowledged)}::json) as t(day int, incarnation text, from_seq bigint, to_seq bigint))
    select span.day, sum(l.held)::bigint as held from span cross join lateral (
      select count(*) as held from record_log
      where device_id = ${deviceId} and incarnation = span.incarnation and seq between span.from_seq and span.to_seq) l
    group by span.day`.execute(db)
  const held = new Map(rows.map((row) => [row.day, row.held]))
  return acknowledged.map(({ spans }, day) => spans.reduce((sum, span) => sum + span.toSeq - span.fromSeq + 1, 0) - (held.get(day) ?? 0))
}

export const readGaps = async (
  db: Kysely<Tables>,
  deviceId: string,
  day: DayDigest,
  watermarks: ReadonlyMap<string, number>,
): Promise<Span[]> => {
  const { rows } = await sql<Span>`
    with span as (select * from json_to_recordset(${spanRows([{ ...day, spans: acknowledgedSpans(day, watermarks) }])}::json)
      as t(day int, incarnation text, from_seq bigint, to_seq bigint))
    select gap.behind + 1 as "fromSeq", gap.seq - 1 as "toSeq" from span cross join lateral (
      select seq, lag(seq, 1, span.from_seq - 1) over (order by seq) as behind from (
        select seq from record_log
        where device_id = ${deviceId} and incarnation = span.incarnation and seq between span.from_seq and span.to_seq
        union all select span.to_seq + 1) held) gap
    where gap.seq > gap.behind + 1 order by 1 limit ${mostWanted}`.execute(db)
  return rows
}

const acknowledgedSpans = ({ incarnation, spans }: DayDigest, watermarks: ReadonlyMap<string, number>): Span[] => {
  const through = watermarks.get(incarnation) ?? 0
  return spans.flatMap(({ fromSeq, toSeq }) => (fromSeq > through ? [] : [{ fromSeq, toSeq: Math.min(toSeq, through) }]))
}
