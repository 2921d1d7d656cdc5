/** What makes no difference any more waits for nobody, and what can never be in force again leaves the feeds: looked at again and again. */
import type { Clock } from '#sync/core/ports.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { lockCatalogue } from '../catalogue/rows.ts'
import type { Database } from '../storage/database.ts'
import { systemClock } from '../system-clock.ts'
import { startWatch, type Watch } from '../watch.ts'
import { resolveOverride } from './resolve.ts'
import type { Decision } from './rulings.ts'
import { retireStorePrices } from './store-prices.ts'

const ended: Decision = { winner: 'store', basis: 'time', reason: 'It ended before anybody decided.' }
const recounted: Decision = { winner: 'centre', basis: 'time', reason: 'Another count holds by now.' }

/** A price that ended, or a count that another one took the place of. */
const overAt = async (db: Database, nowMs: number): Promise<{ ruling_id: string; field: 'price' | 'stock' }[]> => {
  const { rows } = await sql<{ ruling_id: string; field: 'price' | 'stock' }>`
    select ruling_id, field from override_ruling r where winner = 'person' and decided_winner is null and case field
      when 'price' then (store_side::json ->> 'effectiveTo')::timestamptz <= ${new Date(nowMs)}
      else exists (select from stock_base b where b.store_id = r.store_id and b.item_id = r.item_id and b.natural_key <> r.store_side::json ->> 'naturalKey') end
    order by ruling_id limit 500`.execute(db)
  return rows
}

export const settleOverrides = async (db: Database, nowMs: number): Promise<void> => {
  for (const { ruling_id, field } of await overAt(db, nowMs)) await resolveOverride(db, ruling_id, field === 'price' ? ended : recounted)
  const stores = await db
    .selectFrom('store_price')
    .select('store_id')
    .distinct()
    .where('left_feed_at', 'is', null)
    .orderBy('store_id')
    .execute()
  for (const { store_id } of stores)
    await db.transaction().execute(async (trx) => {
      await lockCatalogue(trx)
      await retireStorePrices(trx, store_id, nowMs)
    })
}

export interface OverrideWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startOverrideWatch = ({ db, log, intervalMs = 60_000, clock = systemClock }: OverrideWatchOptions): Watch =>
  startWatch({ what: 'overrides', look: () => settleOverrides(db, clock.nowMs()), intervalMs, log, clock })
