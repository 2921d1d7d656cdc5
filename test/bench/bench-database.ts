/** A PostgreSQL of a benchmark's own (fsync on), migrated, with a catalogue that knows what the sales of waiting-store.ts sell. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { sql } from 'kysely'
import pino from 'pino'

/** `dir` is for whatever else the work keeps. All of it is gone when the work has ended. */
export const withBenchDatabase = async <T>(work: (db: Database, url: string, dir: string) => Promise<T>): Promise<T> => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-bench-'))
  const dataDir = join(dir, 'database')
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
  const db = openDatabase(postgres.url)
  try {
    await migrate(db)
    await sql`insert into item (item_id, name, barcodes, unit, tax_code, tax_rate_micro)
      select n::text, 'Article ' || n, '{}', 'each', 'A', 70000 from generate_series(40000, 41999) n`.execute(db)
    return await work(db, postgres.url, dir)
  } finally {
    await db.destroy()
    await postgres.stop()
    await removeEmbeddedPostgres(dataDir)
    await rm(dir, { recursive: true, force: true })
  }
}
