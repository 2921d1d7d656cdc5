/**
 * Prices that can never be in force again leave the stores' feeds, so that a store three weeks away receives the latest price once and
 * a new one nothing of the past. The price itself stays in the hub's own table. The rule is `isSuperseded` (sync/core/price-in-force.ts),
 * as of some time ago: a store whose clock is behind keeps the price that its clock still asks for.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Log } from '../posting/log.ts'
import type { Tables } from '../storage/tables.ts'
import { buryInFeed } from './feed.ts'

/** By the database's clock, and longer ago than any clock is left wrong: what is off by more is flagged within minutes [TRN17]. */
export const settledSince: RawBuilder<Date> = sql<Date>`(now() - interval '24 hours')`
const everyMs = 6 * 3_600_000

/** About a row `p` of `price`. Ids compare by their bytes, as they do at the store. */
export const supersededSince = (since: RawBuilder<Date>): RawBuilder<boolean> => sql<boolean>`
  (coalesce(p.effective_to <= ${since}, false) or exists (select 1 from price q
    where q.store_id = p.store_id and q.item_id = p.item_id and q.left_feed_at is null
      and q.effective_from between p.effective_from and greatest(${since}, p.effective_from)
      and (q.effective_from > p.effective_from or q.price_id collate "C" > p.price_id collate "C")
      and (q.effective_to is null or coalesce(q.effective_to >= p.effective_to, false))))`

/** One store's, in one transaction; `at` is for tests. How many left the feed. */
export const compactPrices = (db: Kysely<Tables>, storeId: string, at?: Date): Promise<number> =>
  db.transaction().execute(async (trx) => {
    const since = at ? sql<Date>`${at}::timestamptz` : settledSince
    const { rows } = await sql<{ price_id: string }>`
      with live as materialized (
        select price.* from price
        join feed_entry f on f.feed = 'prices' and f.scope = ${storeId} and f.document_id = price_id and not f.deleted
        where store_id = ${storeId} and left_feed_at is null)
      select p.price_id from live p where ${supersededSince(since)}`.execute(trx)
    const ids = rows.map((row) => row.price_id)
    if (ids.length > 0) await sql`update price set left_feed_at = clock_timestamp() where price_id = any(${ids})`.execute(trx)
    return buryInFeed(trx, 'prices', storeId, ids)
  })

const compactStores = async (db: Kysely<Tables>, log: Log, isStopping: () => boolean): Promise<void> => {
  const stores = await db.selectFrom('store').select('store_id').orderBy('store_id').execute()
  let prices = 0
  for (const { store_id } of stores) if (!isStopping()) prices += await compactPrices(db, store_id)
  if (prices > 0) log.info({ prices }, 'superseded prices left the feeds')
}

/** Several hubs may do so side by side: the second one finds nothing left. */
export const startPriceCompaction = ({ db, log }: { db: Kysely<Tables>; log: Log }): { stop(): Promise<void> } => {
  let stopping = false
  let running = Promise.resolve()
  const round = (): void => {
    running = compactStores(db, log, () => stopping).catch((error: unknown) => log.error({ error }, 'superseded prices not compacted'))
  }
  const timer = setInterval(round, everyMs)
  round()
  return {
    stop: async () => {
      stopping = true
      clearInterval(timer)
      await running
    },
  }
}
