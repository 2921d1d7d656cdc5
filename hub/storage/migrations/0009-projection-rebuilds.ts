/** Rebuilds of projections: how far each one is, and what it found. The shadow that is built has a schema of its own and goes with its end. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table projection_rebuild (
     rebuild_id bigint primary key generated always as identity, projection text not null, mode text not null,
     state text not null default 'running', began_at timestamptz not null default now(), progressed_at timestamptz not null default now(),
     ended_at timestamptz, records_total bigint not null default 0, records_read bigint not null default 0, message text, differences text)`,
  'create index projection_rebuild_newest on projection_rebuild (projection, rebuild_id)',
  // stock_movement_recent begins with the same columns, and each movement paid for both
  'drop index stock_movement_item',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
