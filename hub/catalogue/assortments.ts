/**
 * What a cluster or a store lists, and when. Stores are told what is listed now, in the transaction of each change; a date that comes is told
 * by `listing-dates.ts`.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Instant } from '#sync/contract/vocabulary.ts'
import { toMs } from '#sync/core/instant.ts'
import type { Tables } from '../storage/tables.ts'
import { type ListingLevel, nextDate } from './listing.ts'
import { type ListedStores, relist } from './relist.ts'
import { clockNow } from './replan.ts'
import { lockCatalogue } from './rows.ts'
import type { Authorship, PriceRefusal } from './state-price.ts'

type Trx = Transaction<Tables>

export interface ListingStatement {
  entryId: string
  level: ListingLevel
  /** The cluster's or the store's id. */
  place: string
  itemId: string
  listedFrom: Instant
  listedTo?: Instant | undefined
}

export type ListingOutcome = { outcome: 'created'; stores: number } | { outcome: 'known' } | { outcome: 'conflict' } | PriceRefusal

const refused = (code: PriceRefusal['code'], message: string): PriceRefusal => ({ outcome: 'refused', code, message })

export const listedStores = (level: string, place: string): ListedStores =>
  level === 'cluster' ? { clusterId: place } : { storeIds: [place] }

export const stateListing = (db: Kysely<Tables>, statement: ListingStatement, author: Authorship): Promise<ListingOutcome> =>
  db.transaction().execute(async (trx): Promise<ListingOutcome> => {
    await lockCatalogue(trx)
    const noted = await noteListing(trx, statement, author)
    if (noted.outcome !== 'created') return noted
    return { outcome: 'created', stores: await relist(trx, [statement.itemId], listedStores(statement.level, statement.place)) }
  })

/** Without telling the stores: whoever notes many tells them once. */
export const noteListing = async (trx: Trx, statement: ListingStatement, { by, why }: Authorship): Promise<ListingOutcome> => {
  const { entryId, level, place, itemId, listedFrom, listedTo } = statement
  if (listedTo !== undefined && listedTo <= listedFrom) return refused('INVALID', 'listedTo must be after listedFrom.')
  const taken = await trx.selectFrom('assortment_entry').selectAll().where('entry_id', '=', entryId).executeTakeFirst()
  if (taken) {
    const same =
      taken.level === level &&
      taken.place === place &&
      taken.item_id === itemId &&
      taken.listed_from.getTime() === toMs(listedFrom) &&
      (taken.listed_to?.getTime() ?? null) === (listedTo === undefined ? null : toMs(listedTo))
    return { outcome: same ? 'known' : 'conflict' }
  }
  const isThere = await sql<{ place: boolean; item: boolean }>`
    select exists (select from ${sql.table(level)} where ${sql.ref(`${level}_id`)} = ${place}) as place,
      exists (select from item where item_id = ${itemId}) as item`.execute(trx)
  if (!isThere.rows[0]?.place) return refused('NOT_FOUND', `There is no ${level} ${place}.`)
  if (!isThere.rows[0].item) return refused('NOT_FOUND', `There is no item ${itemId}.`)
  const span = { fromMs: toMs(listedFrom), toMs: listedTo === undefined ? null : toMs(listedTo) }
  const due = nextDate(span, (await clockNow(trx)).getTime())
  await trx
    .insertInto('assortment_entry')
    .values({
      ...{ entry_id: entryId, level, place, item_id: itemId, listed_from: new Date(listedFrom) },
      ...{ listed_to: listedTo === undefined ? null : new Date(listedTo), stated_by: by, reason: why },
      ...{ withdrawn_at: null, withdrawn_by: null, withdrawn_reason: null, due_at: due === null ? null : new Date(due) },
    })
    .execute()
  return { outcome: 'created', stores: 0 }
}

export const withdrawListing = (
  db: Kysely<Tables>,
  entryId: string,
  { by, why }: Authorship,
): Promise<{ outcome: 'withdrawn'; stores: number } | { outcome: 'unchanged' } | PriceRefusal> =>
  db.transaction().execute(async (trx) => {
    await lockCatalogue(trx)
    const entry = await trx.selectFrom('assortment_entry').selectAll().where('entry_id', '=', entryId).executeTakeFirst()
    if (!entry) return refused('NOT_FOUND', `There is no assortment entry ${entryId}.`)
    if (entry.withdrawn_at !== null) return { outcome: 'unchanged' as const }
    await trx
      .updateTable('assortment_entry')
      .set({ withdrawn_at: sql<Date>`clock_timestamp()`, withdrawn_by: by, withdrawn_reason: why, due_at: null })
      .where('entry_id', '=', entryId)
      .execute()
    return { outcome: 'withdrawn' as const, stores: await relist(trx, [entry.item_id], listedStores(entry.level, entry.place)) }
  })

export interface Cluster {
  clusterId: string
  name: string
  /** All of its stores; others leave it. */
  storeIds: readonly string[]
}

export const putCluster = (
  db: Kysely<Tables>,
  { clusterId, name, storeIds }: Cluster,
  author: Authorship,
): Promise<{ outcome: 'put'; joined: number; left: number; listings: number } | PriceRefusal> =>
  db.transaction().execute(async (trx) => {
    await lockCatalogue(trx)
    const { rows: unknown } = await sql<{ id: string }>`
      select id from unnest(${[...storeIds]}::text[]) as t(id) where not exists (select from store s where s.store_id = t.id)`.execute(trx)
    if (unknown[0]) return refused('NOT_FOUND', `There is no store ${unknown[0].id}.`)
    await trx
      .insertInto('cluster')
      .values({ cluster_id: clusterId, name })
      .onConflict((conflict) => conflict.column('cluster_id').doUpdateSet({ name }))
      .execute()
    const { rows: left } = await sql<{ store_id: string }>`
      update cluster_store set left_at = clock_timestamp(), left_by = ${author.by}, left_reason = ${author.why}
      where cluster_id = ${clusterId} and left_at is null and not store_id = any(${[...storeIds]}) returning store_id`.execute(trx)
    const { rows: joined } = await sql<{ store_id: string }>`
      insert into cluster_store (cluster_id, store_id, joined_by, reason)
      select distinct ${clusterId}, id, ${author.by}, ${author.why} from unnest(${[...storeIds]}::text[]) as t(id)
      on conflict do nothing returning store_id`.execute(trx)
    const items = await trx
      .selectFrom('assortment_entry')
      .select('item_id')
      .distinct()
      .where('level', '=', 'cluster')
      .where('place', '=', clusterId)
      .where('withdrawn_at', 'is', null)
      .execute()
    const storesMoved = [...left, ...joined].map((row) => row.store_id)
    const listings = await relist(
      trx,
      items.map((row) => row.item_id),
      { storeIds: storesMoved },
    )
    return { outcome: 'put' as const, joined: joined.length, left: left.length, listings }
  })
