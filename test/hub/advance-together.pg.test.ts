/** A projection that is moved along many streams at once: each in its order, and a bad one by itself. */
import { drainProjection } from '#hub/merge/advance.ts'
import type { Projection } from '#hub/merge/projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'

const server = withDatabase()

const fillLog = async (db: Database, devices: number, each: number): Promise<void> => {
  await sql`insert into store select 'S' || d, 'Store', 'EUR', 'UTC' from generate_series(1, ${devices}::int) d`.execute(db)
  await sql`insert into device (device_id, store_id, public_key, host_name)
    select 'dev-' || d, 'S' || d, 'key ' || d, 'model' from generate_series(1, ${devices}::int) d`.execute(db)
  await sql`insert into record_log (device_id, incarnation, seq, store_id, kind, verdict, captured_at, payload, payload_hash, previous_hash)
    select 'dev-' || d, 'a', s, 'S' || d, 'transaction', 'accepted', '', '{}', '', ''
    from generate_series(1, ${devices}::int) d, generate_series(1, ${each}::int) s`.execute(db)
  await sql`insert into device_stream (device_id, incarnation, acked_seq, head_hash)
    select device_id, incarnation, max(seq), '' from record_log group by 1, 2`.execute(db)
}

const tracing = (fails: string | null) => {
  const seen: string[][] = []
  const projection: Projection = {
    name: 'tracing',
    tables: {},
    apply: async (_trx, records) => {
      if (records.some((row) => row.device_id === fails)) throw new Error('this one cannot go on')
      seen.push(records.map((row) => `${row.device_id}:${row.seq}`))
    },
    reset: async () => undefined,
  }
  return { seen, projection }
}

const positions = async (db: Database) =>
  (
    await db
      .selectFrom('projection_position')
      .select(['device_id', 'seq'])
      .where('projection', '=', 'tracing')
      .orderBy('device_id')
      .execute()
  ).map(({ device_id, seq }) => [device_id, seq])

it('[HUB3] streams that are moved together are each taken whole, once, and in order', async () => {
  const { db } = await server.fresh()
  await fillLog(db, 100, 20)
  const { seen, projection } = tracing(null)
  expect(await drainProjection(db, projection)).toBe(2_000)
  expect(seen.every((run) => new Set(run.map((id) => id.split(':')[0])).size === 1)).toBe(true)
  for (let device = 1; device <= 100; device++)
    expect(seen.flat().filter((id) => id.startsWith(`dev-${device}:`))).toEqual(
      Array.from({ length: 20 }, (_, n) => `dev-${device}:${n + 1}`),
    )
})

it('[HUB3] one that fails, and one with a hole, hold up none of those that are moved with them', async () => {
  const { db } = await server.fresh()
  await fillLog(db, 4, 3)
  await sql`delete from record_log where device_id = 'dev-3' and seq = 2`.execute(db)
  await expect(drainProjection(db, tracing(null).projection)).rejects.toThrow(/hole/)
  expect(await positions(db)).toContainEqual(['dev-3', 1])
  await db.deleteFrom('projection_position').execute()
  await expect(drainProjection(db, tracing('dev-2').projection)).rejects.toThrow(/cannot go on|hole/)
  expect(await positions(db)).toEqual([
    ['dev-1', 3],
    ['dev-3', 1],
    ['dev-4', 3],
  ])
})
