/** What tests of rebuilds share: a journal's way into the log, and what a rebuild may have left behind. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { ModelDevice } from './model-device.ts'

export const send = async (db: Database, device: ModelDevice): Promise<void> => {
  expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
}
/** Nothing, or it was not tidied up. */
export const leftovers = async (db: Database) =>
  (
    await sql`select nspname as left from pg_namespace where starts_with(nspname, 'rebuild_')
      union all select projection from projection_position where starts_with(projection, 'rebuild:')
      union all select projection from projection_late where starts_with(projection, 'rebuild:')`.execute(db)
  ).rows
