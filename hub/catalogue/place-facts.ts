/** What must be known before a price is stated, in one query behind the catalogue's lock. */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { heldJson, readHeld } from './held-prices.ts'
import { type HeldPrice, statedPriceAt } from './stated-price.ts'
import type { PriceStatement } from './state-price.ts'

export interface PlaceFacts {
  now: Date
  /** Null: there is no such store or zone. */
  currency: string | null
  hasItem: boolean
  /** The priceId was used: by the same statement, or by another. */
  taken: { isSame: boolean } | null
  /** Another price of the item that begins at the same moment for the same place. */
  rival: string | null
  /** A price with this id waits for a person. */
  isHeld: boolean
  /** What would be in force there when this one begins. */
  before: HeldPrice | null
}

interface FactsRow {
  now: Date
  currency: string | null
  has_item: boolean
  is_same: boolean | null
  rival: string | null
  is_held: boolean
  held: unknown
}

export const readPlaceFacts = async (trx: Transaction<Tables>, statement: PriceStatement): Promise<PlaceFacts> => {
  const { priceId, level, place, itemId, amountMinor, currency, effectiveFrom, effectiveTo } = statement
  const from = sql<Date>`${effectiveFrom}::timestamptz`
  // Of a zone what is asked is the price at any store in it that sells by zone and chain alone.
  const zonePrices = sql`(select json_agg(json_build_array(p.price_id, p.version, p.level, p.amount_minor,
      (extract(epoch from p.effective_from) * 1000)::bigint, (extract(epoch from p.effective_from) * 1000)::bigint,
      (extract(epoch from p.effective_to) * 1000)::bigint))
    from stated_price p where p.item_id = ${itemId} and p.currency = ${currency} and p.ended_at is null
      and (p.level = 'chain' or (p.level = 'zone' and p.place = ${place})) and p.effective_from <= ${from})`
  const held =
    level === 'zone' ? zonePrices : heldJson({ storeId: sql`${place}`, itemId: sql`${itemId}`, currency: sql`${currency}`, since: from })
  const { rows } = await sql<FactsRow>`
    select date_trunc('milliseconds', clock_timestamp()) as now,
      (select currency from ${sql.table(level === 'zone' ? 'price_zone' : 'store')} where ${sql.ref(level === 'zone' ? 'zone_id' : 'store_id')} = ${place}) as currency,
      exists (select from item where item_id = ${itemId}) as has_item,
      (select (p.level, p.place, p.item_id, p.amount_minor, p.currency, p.effective_from) is not distinct from
          (${level}::text, ${place}::text, ${itemId}::text, ${amountMinor}::bigint, ${currency}::text, ${from})
          and p.effective_to is not distinct from ${effectiveTo ?? null}::timestamptz
       from stated_price p where p.price_id = ${priceId} order by version desc limit 1) as is_same,
      (select p.price_id from stated_price p where p.level = ${level} and p.place = ${place} and p.item_id = ${itemId} and p.ended_at is null
         and p.effective_from = ${from} and p.price_id <> ${priceId} limit 1) as rival,
      exists (select from held_price h where h.origin = 'operator' and h.about = ${priceId} and h.state = 'open') as is_held,
      ${held} as held`.execute(trx)
  const row = rows[0]
  if (!row) throw new Error('a query of facts gave none')
  return {
    ...{ now: row.now, currency: row.currency, hasItem: row.has_item, rival: row.rival, isHeld: row.is_held },
    taken: row.is_same === null ? null : { isSame: row.is_same },
    before: statedPriceAt(
      readHeld(row.held).filter(({ priceId: id }) => id !== priceId),
      Date.parse(effectiveFrom),
    ),
  }
}
