/**
 * Numbered, forward-only migrations, run on start [HUB8]. An advisory lock lets exactly one of several starting
 * processes do the work; the others wait and find it done. Each migration commits together with its number.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './database.ts'
import * as foundation from './migrations/0001-foundation.ts'
import * as dayCloses from './migrations/0002-day-closes.ts'
import * as sync from './migrations/0003-sync.ts'
import * as feedTimes from './migrations/0004-feed-times.ts'
import * as stockLedger from './migrations/0005-stock-ledger.ts'
import * as identity from './migrations/0006-identity.ts'
import * as availability from './migrations/0007-availability.ts'
import * as mergePolicies from './migrations/0008-merge-policies.ts'
import * as projectionRebuilds from './migrations/0009-projection-rebuilds.ts'
import * as governance from './migrations/0010-governance.ts'
import * as catalogue from './migrations/0011-catalogue.ts'
import * as availabilityRules from './migrations/0012-availability-rules.ts'
import * as availabilityEvents from './migrations/0013-availability-events.ts'
import * as overrides from './migrations/0014-overrides.ts'

type Migration = { up(trx: Transaction<unknown>): Promise<void> }

export const migrations: readonly { number: number; name: string; migration: Migration }[] = [
  { number: 1, name: 'foundation', migration: foundation },
  { number: 2, name: 'day-closes', migration: dayCloses },
  { number: 3, name: 'sync', migration: sync },
  { number: 4, name: 'feed-times', migration: feedTimes },
  { number: 5, name: 'stock-ledger', migration: stockLedger },
  { number: 6, name: 'identity', migration: identity },
  { number: 7, name: 'availability', migration: availability },
  { number: 8, name: 'merge-policies', migration: mergePolicies },
  { number: 9, name: 'projection-rebuilds', migration: projectionRebuilds },
  { number: 10, name: 'governance', migration: governance },
  { number: 11, name: 'catalogue', migration: catalogue },
  { number: 12, name: 'availability-rules', migration: availabilityRules },
  { number: 13, name: 'availability-events', migration: availabilityEvents },
  { number: 14, name: 'overrides', migration: overrides },
]

/** 'tide' in ASCII: any fixed number that no other application of this database uses. */
const lockKey = 0x74696465

export class SchemaTooNew extends Error {
  override name = 'SchemaTooNew'
}

/** Returns the numbers that this call applied. `upTo` exists for tests of a migration from the schema before it. */
export const migrate = async (db: Database, upTo = Number.POSITIVE_INFINITY): Promise<number[]> =>
  (db as unknown as Kysely<unknown>).transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx)
    await sql`create table if not exists schema_migration (
      number int primary key, name text not null, applied_at timestamptz not null default now())`.execute(trx)
    const { rows } = await sql<{ number: number }>`select number from schema_migration`.execute(trx)
    const applied = new Set(rows.map((row) => row.number))
    const known = new Set(migrations.map((m) => m.number))
    const foreign = [...applied].filter((number) => !known.has(number))
    if (foreign.length > 0) throw new SchemaTooNew(`the database has migration ${foreign.join(', ')}, made by a newer hub: update this one`)
    const due = migrations.filter((m) => m.number <= upTo && !applied.has(m.number))
    for (const { number, name, migration } of due) {
      await migration.up(trx)
      await sql`insert into schema_migration (number, name) values (${number}, ${name})`.execute(trx)
    }
    return due.map((m) => m.number)
  })

/** True when every migration that this hub knows is in the database. */
export const isMigrated = async (db: Database): Promise<boolean> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from schema_migration`.execute(db)
  return rows[0]?.count === migrations.length
}
