/** A commit that does not wait for the disk: in its own statement alone, and seen by others like any. */
import { hurriedCommit } from '#hub/storage/hurried-commit.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'

const server = withDatabase()

it('[TRN14] holds for its own statement and no longer', async () => {
  const { db } = await server.fresh()
  await db.connection().execute(async (one) => {
    const { rows } = await sql<{ during: string }>`with hurried as materialized (${hurriedCommit})
      select current_setting('synchronous_commit') as during from hurried`.execute(one)
    expect(rows).toEqual([{ during: 'off' }])
    expect((await sql`select current_setting('synchronous_commit') as after`.execute(one)).rows).toEqual([{ after: 'on' }])
  })
})
