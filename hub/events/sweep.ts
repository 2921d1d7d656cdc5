/**
 * Looks at stores, some at a time, and through the figures of those whose standing changed, a slice at a time: changes by stock go in
 * between. How far it has come is in the database, so that another process goes on.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { StockKey } from '../availability/promised-stock.ts'
import { type KnownStore, readStores } from '../availability/known-stores.ts'
import { missingSince } from '../availability/missing-records.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { publishKeys, readLifeBegan } from './publication.ts'
import { isSweepDue, type StoreStanding, storeStandingSchema } from './sweep-due.ts'

export const storesAtOnce = 500
const keysAtOnce = 500

interface SweepRow {
  store_id: string
  known: string | null
  at: Date
}

/** Stores that were not looked at for so long, the longest first. Returns how many are due to be looked through. */
export const lookAtStores = (db: Database, restMs = 1_000): Promise<number> =>
  db.transaction().execute(async (trx) => {
    await sql`insert into availability_sweep (store_id) select store_id from store where store_id not in (select store_id from availability_sweep)
      on conflict do nothing`.execute(trx)
    const { rows } = await sql<SweepRow>`
      select store_id, known, now() as at from availability_sweep where looked_at <= now() - ${restMs}::int * interval '1 millisecond'
      order by looked_at, store_id limit ${storesAtOnce} for update skip locked`.execute(trx)
    if (rows.length === 0) return 0
    const storeIds = rows.map((row) => row.store_id)
    const [{ stores, rules }, lifeBegan] = [await readStores(trx, storeIds), await readLifeBegan(trx)]
    const due = rows.flatMap((row) => {
      const known = stores.get(row.store_id)
      const standing = known === undefined ? null : standingOf(known, rules, row.at.getTime(), lifeBegan)
      return standing !== null && isSweepDue(readKnown(row.known), standing)
        ? [{ store_id: row.store_id, known: JSON.stringify(standing) }]
        : []
    })
    await trx
      .updateTable('availability_sweep')
      .set({ looked_at: sql`now()` })
      .where('store_id', 'in', storeIds)
      .execute()
    await beginSweeps(trx, due)
    return due.length
  })

const readKnown = (text: string | null): StoreStanding | null =>
  text === null ? null : (storeStandingSchema.safeParse(JSON.parse(text)).data ?? null)

/** Of every change of an item or a price a store hears a little later. */
const ordinaryLagMs = 600_000

const standingOf = (store: KnownStore, rules: string, atMs: number, lifeBegan: number): StoreStanding => ({
  ...{ atMs, lifeBegan },
  silentMs: store.isConnected ? 0 : Math.max(1, atMs - (store.lastWordMs ?? 0)),
  pendingRecords: store.pending.records,
  missingRecords: missingSince(store.missing, undefined),
  feedLagMs: store.feedLagMs < ordinaryLagMs ? 0 : store.feedLagMs,
  rules: `${rules} ${store.day}`,
})

const beginSweeps = async (trx: Transaction<Tables>, due: readonly { store_id: string; known: string }[]): Promise<void> => {
  if (due.length === 0) return
  await sql`update availability_sweep s set known = d.known, after_item = ''
    from json_to_recordset(${JSON.stringify(due)}::json) as d (store_id text, known text) where s.store_id = d.store_id`.execute(trx)
}

/** The next slice of a store that is being looked through; null where none is. */
export const sweepSlice = async (db: Database): Promise<{ told: number } | null> => {
  const { rows } = await sql<{ store_id: string; after_item: string }>`
    select store_id, after_item from availability_sweep where after_item is not null order by looked_at, store_id limit 1`.execute(db)
  const [sweep] = rows
  if (sweep === undefined) return null
  const keys = await readSlice(db, sweep.store_id, sweep.after_item)
  const { told } = keys.length === 0 ? { told: 0 } : await publishKeys(db, keys)
  const reached = keys.length < keysAtOnce ? null : (keys.at(-1)?.itemId ?? null)
  // Where another process was at it too, or it began anew meanwhile, its word stands: a slice is looked through twice at worst.
  await db
    .updateTable('availability_sweep')
    .set({ after_item: reached })
    .where('store_id', '=', sweep.store_id)
    .where('after_item', '=', sweep.after_item)
    .execute()
  return { told }
}

/** Figures that were told: of others nobody knows an older one. */
const readSlice = async (db: Kysely<Tables>, storeId: string, after: string): Promise<StockKey[]> => {
  const { rows } = await sql<StockKey>`select store_id as "storeId", item_id as "itemId" from availability_event
    where store_id = ${storeId} and item_id > ${after} order by item_id limit ${keysAtOnce}`.execute(db)
  return rows
}
