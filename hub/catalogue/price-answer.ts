/** Which price is in force at a store and a moment, who stated it and why; and the history of a stated price. For people. */
import { type Kysely, sql } from 'kysely'
import type { Instant } from '#sync/contract/vocabulary.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { Tables } from '../storage/tables.ts'
import { heldJson, readHeld } from './held-prices.ts'
import { amountText } from '../posting/decimal.ts'
import { type HeldPrice, statedPriceAt } from './stated-price.ts'

export interface PriceAnswer {
  storeId: string
  itemId: string
  at: string
  price: {
    priceId: string
    version: number
    level: string
    place: string
    amountMinor: number
    currency: string
    since: string
    until: string | null
  } | null
  words: string
}

/** In the past as it was known then, so that a later correction does not rewrite what a till went by. Null: no such store. */
export const readPriceInForce = async (db: Kysely<Tables>, storeId: string, itemId: string, at: Instant): Promise<PriceAnswer | null> => {
  const moment = sql<Date>`${at}::timestamptz`
  const held = heldJson({ storeId: sql`s.store_id`, itemId: sql`${itemId}`, currency: sql`s.currency`, since: moment, asOf: moment })
  const { rows } = await sql<{
    currency: string
    held: unknown
  }>`select s.currency, ${held} as held from store s where s.store_id = ${storeId}`.execute(db)
  const store = rows[0]
  if (!store) return null
  const found = statedPriceAt(readHeld(store.held), Date.parse(at))
  const none = { storeId, itemId, at, price: null, words: `No price of ${itemId} is in force at store ${storeId} then.` }
  if (!found) return none
  const stated = await db
    .selectFrom('stated_price')
    .selectAll()
    .where('price_id', '=', found.priceId)
    .where('version', '=', found.version)
    .executeTakeFirst()
  return stated ? { ...none, ...answerOf(storeId, itemId, store.currency, found, stated) } : none
}

const whose = {
  chain: () => 'The chain’s price',
  zone: (place: string) => `The price of zone ${place}`,
  store: () => 'The store’s own price',
}

const answerOf = (
  storeId: string,
  itemId: string,
  currency: string,
  { priceId, version, level, amountMinor, span }: HeldPrice,
  stated: { place: string; stated_by: string; reason: string },
): Pick<PriceAnswer, 'price' | 'words'> => {
  const since = toInstant(span.fromMs)
  const until = span.toMs === null ? null : toInstant(span.toMs)
  const time = `since ${minuteText(since)}${until === null ? '' : ` until ${minuteText(until)}`}`
  return {
    price: { priceId, version, level, place: stated.place, amountMinor, currency, since, until },
    words: `${whose[level](stated.place)}: ${itemId} costs ${amountText(amountMinor, currency)} at store ${storeId}, ${time}; ${version === 1 ? 'stated' : 'corrected'} by ${stated.stated_by}: ${stated.reason}.`,
  }
}

const minuteText = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`

/** Newest version first. */
export const readVersions = async (db: Kysely<Tables>, priceId: string) => {
  const rows = await db.selectFrom('stated_price').selectAll().where('price_id', '=', priceId).orderBy('version', 'desc').execute()
  return rows.map((row) => ({
    ...{ priceId: row.price_id, version: row.version, level: row.level, place: row.place, itemId: row.item_id },
    ...{ amountMinor: row.amount_minor, currency: row.currency, effectiveFrom: row.effective_from.toISOString() },
    effectiveTo: row.effective_to?.toISOString() ?? null,
    stated: { at: row.stated_at.toISOString(), by: row.stated_by, why: row.reason },
    ended:
      row.ended_at === null
        ? null
        : { at: row.ended_at.toISOString(), as: row.ended_as ?? '', by: row.ended_by ?? '', why: row.ended_reason ?? '' },
  }))
}
