/**
 * How each store talks to the centre [OPS6]: kept at the hub, and told to its agents through the `settings` feed, in one transaction.
 * A store that was never told anything else has the defaults.
 */
import { defaultSyncSettings, type SyncSettings, syncSettingsSchema } from '#sync/contract/traffic.ts'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import { writeFeed } from '../catalogue/feed.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { windowFlaw } from './window-patterns.ts'

export const syncSettingsBodySchema = syncSettingsSchema.omit({ kind: true, storeId: true })
export type SyncSettingsBody = Omit<SyncSettings, 'kind' | 'storeId'>

export type SettingsOutcome = { outcome: 'set'; stores: number } | { outcome: 'unknown-store' } | { outcome: 'flawed'; message: string }

/** Null when there is no such store. */
export const readSyncSettings = async (db: Kysely<Tables>, storeId: string): Promise<SyncSettings | null> => {
  const row = await db
    .selectFrom('store as s')
    .leftJoin('sync_settings as t', 't.store_id', 's.store_id')
    .select('t.settings')
    .where('s.store_id', '=', storeId)
    .executeTakeFirst()
  if (!row) return null
  return row.settings === null ? defaultSyncSettings(storeIdSchema.parse(storeId)) : syncSettingsSchema.parse(JSON.parse(row.settings))
}

/** For one store, or for all that there are now. Feeds are written in the order of their scopes, as every writer does. */
export const setSyncSettings = (db: Database, body: SyncSettingsBody, storeId?: string): Promise<SettingsOutcome> =>
  retryContention(() =>
    db.transaction().execute(async (trx): Promise<SettingsOutcome> => {
      let select = trx.selectFrom('store').select(['store_id', 'time_zone']).orderBy('store_id')
      if (storeId !== undefined) select = select.where('store_id', '=', storeId)
      const stores = await select.execute()
      if (storeId !== undefined && stores.length === 0) return { outcome: 'unknown-store' }
      const flaw = firstFlaw(body, stores)
      if (flaw !== null) return { outcome: 'flawed', message: flaw }
      for (const { store_id } of stores) await setForStore(trx, body, store_id)
      return { outcome: 'set', stores: stores.length }
    }),
  )

/** A pattern may be readable in one zone and not in another that this computer does not know. */
const firstFlaw = ({ windows }: SyncSettingsBody, stores: readonly { time_zone: string }[]): string | null => {
  const zones = new Set(stores.map(({ time_zone }) => time_zone))
  for (const zone of zones.size === 0 ? ['UTC'] : zones) {
    const flaw = windowFlaw(windows, zone)
    if (flaw !== null) return flaw
  }
  return null
}

const setForStore = async (trx: Transaction<Tables>, body: SyncSettingsBody, storeId: string): Promise<void> => {
  // Parsed anew, so that equal settings are equal text: an unchanged document is not sent again.
  const settings = syncSettingsSchema.parse({ kind: 'sync', storeId, ...body })
  await sql`insert into sync_settings (store_id, settings) values (${storeId}, ${JSON.stringify(settings)})
    on conflict (store_id) do update set settings = excluded.settings, updated_at = now()`.execute(trx)
  await writeFeed(trx, 'settings', storeId, [settings])
}
