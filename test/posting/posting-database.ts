/** A migrated PostgreSQL of its own for one test file, with a store and postings to put in. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { migrate } from '#hub/storage/migrate.ts'

export const silent = pino({ level: 'silent' })

export interface PostingDatabase {
  db: Database
  url: string
  createStore(storeId: string, currency?: string): Promise<void>
  queue(connector: string, transactions: readonly Transaction[]): Promise<void>
  stop(): Promise<void>
}

export const startPostingDatabase = async (): Promise<PostingDatabase> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tideline-posting-'))
  const server = await startEmbeddedPostgres({ dataDir, log: silent })
  const db = openDatabase(server.url)
  await migrate(db)
  return {
    db,
    url: server.url,
    createStore: async (storeId, currency = 'EUR') =>
      void (await db
        .insertInto('store')
        .values({ store_id: storeId, name: `Store ${storeId}`, currency, time_zone: 'Europe/Stockholm' })
        .execute()),
    queue: async (connector, transactions) =>
      void (await db
        .insertInto('posting')
        .values(
          transactions.map((transaction) => ({
            posting_key: naturalKeyOf(transaction),
            store_id: transaction.storeId,
            business_day: transaction.businessDay,
            connector,
            state: 'waiting',
            step: null,
            erp_reference: null,
            error_code: null,
            message: null,
            amount_minor: transaction.totals.grandMinor,
            currency: transaction.currency,
            payload: JSON.stringify(transaction),
            posted_at: null,
            locked_until: null,
          })),
        )
        .execute()),
    async stop() {
      await db.destroy()
      await server.stop()
      await removeEmbeddedPostgres(dataDir)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Waits for a condition, and says what it saw last when it never came. */
export const until = async <T>(read: () => Promise<T>, isSo: (value: T) => boolean, timeoutMs = 45_000): Promise<T> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (isSo(value)) return value
    if (Date.now() > deadline) throw new Error(`not reached in ${timeoutMs} ms; last seen ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
