/** Price zones and which stores are in them, when, by whom and why. A store that moves has the right prices in the same transaction. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { msOf } from './held-prices.ts'
import { clockNow, replanPrices } from './replan.ts'
import { lockCatalogue } from './rows.ts'
import type { Authorship, PriceRefusal } from './state-price.ts'
import { isMove, type Membership, type Move, planMove } from './zone-membership.ts'

type Trx = Transaction<Tables>

export interface Zone {
  zoneId: string
  name: string
  currency: string
}

/** Its name may change; its currency stays. */
export const putZone = (db: Kysely<Tables>, { zoneId, name, currency }: Zone): Promise<'created' | 'renamed' | 'other-currency'> =>
  db.transaction().execute(async (trx) => {
    await lockCatalogue(trx)
    const known = await trx.selectFrom('price_zone').select('currency').where('zone_id', '=', zoneId).executeTakeFirst()
    if (known && known.currency !== currency) return 'other-currency'
    await trx
      .insertInto('price_zone')
      .values({ zone_id: zoneId, name, currency })
      .onConflict((conflict) => conflict.column('zone_id').doUpdateSet({ name }))
      .execute()
    return known ? 'renamed' : 'created'
  })

export interface StoreMove extends Authorship {
  storeIds: readonly string[]
  /** Null: out of its zone, into none. */
  zoneId: string | null
  /** Absent: now. */
  from?: Date | undefined
}

export type MoveOutcome = { outcome: 'moved'; stores: number; prices: number } | { outcome: 'unchanged' } | PriceRefusal

const refused = (code: PriceRefusal['code'], message: string): PriceRefusal => ({ outcome: 'refused', code, message })

export const moveStores = (db: Kysely<Tables>, move: StoreMove): Promise<MoveOutcome> =>
  db.transaction().execute(async (trx): Promise<MoveOutcome> => {
    await lockCatalogue(trx)
    const now = await clockNow(trx)
    const from = move.from ?? now
    if (from < now) return refused('INVALID', 'A store moves now or later: what it sold by is not rewritten.')
    const refusal = await refusalOf(trx, move)
    if (refusal) return refusal
    const memberships = await readMemberships(trx, move.storeIds)
    let moved = 0
    const zones = new Set<string>(move.zoneId === null ? [] : [move.zoneId])
    for (const storeId of new Set(move.storeIds)) {
      const own = memberships.get(storeId) ?? []
      const planned = planMove(own, move.zoneId, from.getTime())
      if (!isMove(planned)) continue
      moved += 1
      for (const { zoneId } of own) zones.add(zoneId)
      await writeMove(trx, storeId, planned, move)
    }
    if (moved === 0) return { outcome: 'unchanged' }
    const { came, left } = await replanPrices(trx, await itemsOfZones(trx, [...zones]), { storeIds: move.storeIds }, now)
    return { outcome: 'moved', stores: moved, prices: came + left }
  })

const refusalOf = async (trx: Trx, { storeIds, zoneId }: StoreMove): Promise<PriceRefusal | null> => {
  const zone = zoneId === null ? null : await trx.selectFrom('price_zone').selectAll().where('zone_id', '=', zoneId).executeTakeFirst()
  if (zone === undefined) return refused('NOT_FOUND', `There is no price zone ${zoneId}.`)
  const stores = await trx.selectFrom('store').select(['store_id', 'currency']).where('store_id', 'in', storeIds).execute()
  const missing = storeIds.find((storeId) => !stores.some((store) => store.store_id === storeId))
  if (missing !== undefined) return refused('NOT_FOUND', `There is no store ${missing}.`)
  const foreign = zone && stores.find((store) => store.currency !== zone.currency)
  if (foreign)
    return refused('WRONG_CURRENCY', `Store ${foreign.store_id} sells in ${foreign.currency}, zone ${zoneId} in ${zone.currency}.`)
  return null
}

const readMemberships = async (trx: Trx, storeIds: readonly string[]): Promise<Map<string, Membership[]>> => {
  const { rows } = await sql<{ store_id: string; member_id: number; zone_id: string; from: number; to: number | null }>`
    select store_id, member_id, zone_id, ${msOf(sql`joins_at`)} as "from", ${msOf(sql`leaves_at`)} as "to" from price_zone_member
    where store_id = any(${[...storeIds]}) and voided_at is null order by member_id`.execute(trx)
  const found = new Map<string, Membership[]>()
  for (const row of rows) {
    const membership = { memberId: row.member_id, zoneId: row.zone_id, span: { fromMs: row.from, toMs: row.to } }
    found.set(row.store_id, [...(found.get(row.store_id) ?? []), membership])
  }
  return found
}

const writeMove = async (trx: Trx, storeId: string, { voided, ended, prolonged, joined }: Move, author: Authorship): Promise<void> => {
  const members = trx.updateTable('price_zone_member')
  if (voided.length > 0)
    await members
      .set({ voided_at: sql<Date>`clock_timestamp()` })
      .where('member_id', 'in', voided)
      .execute()
  if (ended)
    await members
      .set({ leaves_at: new Date(ended.atMs) })
      .where('member_id', '=', ended.memberId)
      .execute()
  if (prolonged !== null) await members.set({ leaves_at: null }).where('member_id', '=', prolonged).execute()
  if (!joined) return
  await trx
    .insertInto('price_zone_member')
    .values({
      ...{ store_id: storeId, zone_id: joined.zoneId, joins_at: new Date(joined.fromMs), leaves_at: null, voided_at: null },
      ...{ stated_by: author.by, reason: author.why },
    })
    .execute()
}

const itemsOfZones = async (trx: Trx, zoneIds: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ item_id: string }>`
    select distinct item_id from stated_price where level = 'zone' and place = any(${[...zoneIds]}) and ended_at is null
      and coalesce(effective_to > clock_timestamp(), true) order by 1`.execute(trx)
  return rows.map(({ item_id }) => item_id)
}
