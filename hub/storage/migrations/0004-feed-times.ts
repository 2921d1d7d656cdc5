/** When each feed document was written last, so that it can be said since when a store lacks it. */
import { type Kysely, sql } from 'kysely'

const statements = ['alter table feed_entry add column written_at timestamptz not null default now()']

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
