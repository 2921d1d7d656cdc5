/**
 * Moves one projection along many streams in one transaction: with a few records of each of many stores, what each transaction costs would
 * be most of the work. Each stream is taken as if it were alone, in the order of its records; streams whose turn needs more care (records
 * filled in behind their position, a hole) are left to be moved singly, as are all of them when one of them fails.
 */
import { sql, type Transaction } from 'kysely'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import type { LogRecord } from './log-record.ts'
import { grouped } from '../grouped.ts'
import { heededOf, type Projection } from './projection.ts'

interface StreamKey {
  deviceId: string
  incarnation: string
}

interface Position {
  device_id: string
  incarnation: string
  seq: number
}

export const streamsTogether = 64
const recordsTogether = 500
const leastOfEach = 8

const nameOf = ({ device_id, incarnation }: { device_id: string; incarnation: string }): string => `${device_id}:${incarnation}`

/** `hold` keeps the projection from being reset meanwhile. Streams that another worker has are in neither answer. */
export const advanceTogether = (
  db: Database,
  projection: Projection,
  streams: readonly StreamKey[],
  hold: (trx: Transaction<Tables>) => Promise<unknown>,
): Promise<{ taken: number; left: StreamKey[] }> =>
  retryContention(() =>
    db.transaction().execute(async (trx) => {
      await hold(trx)
      const positions = await lockPositions(trx, projection.name, streams)
      const runs = await readRuns(trx, projection.name, positions, Math.max(leastOfEach, Math.floor(recordsTogether / streams.length)))
      const records = runs.flat()
      if (records.length > 0) {
        const heeded = runs.map((run) => heededOf(projection, run)).filter((run) => run.length > 0)
        for (const run of projection.mixesStreams && heeded.length > 0 ? [heeded.flat()] : heeded) await projection.apply(trx, run)
        await movePositions(trx, projection.name, runs)
      }
      const taken = new Set(records.map(nameOf))
      const left = positions.filter((position) => !taken.has(nameOf(position)))
      return { taken: records.length, left: left.map(({ device_id, incarnation }) => ({ deviceId: device_id, incarnation })) }
    }),
  )

const lockPositions = async (trx: Transaction<Tables>, projection: string, streams: readonly StreamKey[]): Promise<Position[]> => {
  const given = sql`json_to_recordset(${JSON.stringify(streams)}::json) as k ("deviceId" text, incarnation text)`
  await sql`insert into projection_position (projection, device_id, incarnation)
    select ${projection}, k."deviceId", k.incarnation from ${given} order by 2, 3 on conflict do nothing`.execute(trx)
  const { rows } = await sql<Position>`
    select p.device_id, p.incarnation, p.seq from projection_position p
    where p.projection = ${projection} and (p.device_id, p.incarnation) in (select k."deviceId", k.incarnation from ${given})
    order by p.device_id, p.incarnation for update of p skip locked`.execute(trx)
  return rows
}

/** Of each stream its next records without a hole, in the order of the stores: whoever takes many stores' locks takes them in one order. */
const readRuns = async (
  trx: Transaction<Tables>,
  projection: string,
  positions: readonly Position[],
  limit: number,
): Promise<LogRecord[][]> => {
  if (positions.length === 0) return []
  const { rows } = await sql<LogRecord>`
    select l.* from json_to_recordset(${JSON.stringify(positions)}::json) as p (device_id text, incarnation text, seq bigint)
    cross join lateral (select * from record_log r where r.device_id = p.device_id and r.incarnation = p.incarnation and r.seq > p.seq
      order by r.seq limit ${limit}) l
    where not exists (select from projection_late t
      where t.projection = ${projection} and t.device_id = p.device_id and t.incarnation = p.incarnation)`.execute(trx)
  const before = new Map(positions.map((position) => [nameOf(position), position.seq]))
  return [...grouped(rows, nameOf)]
    .map(([name, run]) => {
      const sorted = run.toSorted((a, b) => a.seq - b.seq)
      const hole = sorted.findIndex((row, index) => row.seq !== (before.get(name) ?? 0) + 1 + index)
      return hole < 0 ? sorted : sorted.slice(0, hole)
    })
    .filter((run) => run.length > 0)
    .sort(byStore)
}

const byStore = ([a]: readonly LogRecord[], [b]: readonly LogRecord[]): number => {
  const [left, right] = [a, b].map((row) => JSON.stringify([row?.store_id, row?.device_id, row?.incarnation]))
  return (left ?? '') < (right ?? '') ? -1 : 1
}

const movePositions = async (trx: Transaction<Tables>, projection: string, runs: readonly (readonly LogRecord[])[]): Promise<void> => {
  const moved = runs.flatMap((run) => run.slice(-1)).map(({ device_id, incarnation, seq }) => ({ device_id, incarnation, seq }))
  await sql`
    update projection_position p set seq = m.seq
    from json_to_recordset(${JSON.stringify(moved)}::json) as m (device_id text, incarnation text, seq bigint)
    where p.projection = ${projection} and p.device_id = m.device_id and p.incarnation = m.incarnation`.execute(trx)
}
