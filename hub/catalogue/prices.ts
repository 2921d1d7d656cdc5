/** Prices set at the hub: effective-dated, for one store. A price is never changed: a later one supersedes it. */
import { type Price, priceSchema } from '#sync/contract/catalogue.ts'
import { isStorePrice } from '#sync/core/override-prices.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { priceDocument } from './documents.ts'
import { writeFeed } from './feed.ts'
import { insertPrices, lockCatalogue } from './rows.ts'

export type SetPrice =
  | { outcome: 'created'; price: Price }
  /** The same priceId with the same content came before. */
  | { outcome: 'known'; price: Price }
  /** The priceId is taken by another price. */
  | { outcome: 'conflict'; price: Price }
  | { outcome: 'refused'; code: 'NOT_FOUND' | 'INVALID' | 'WRONG_CURRENCY'; message: string }

const refused = (code: 'NOT_FOUND' | 'INVALID' | 'WRONG_CURRENCY', message: string): SetPrice => ({ outcome: 'refused', code, message })

const samePrice = (a: Price, b: Price): boolean => JSON.stringify(priceSchema.parse(a)) === JSON.stringify(priceSchema.parse(b))

export const setPrice = (db: Kysely<Tables>, price: Price): Promise<SetPrice> =>
  db.transaction().execute(async (trx): Promise<SetPrice> => {
    if (price.amountMinor === 0) return refused('INVALID', 'A price of nothing is not a price; take the item off the assortment instead.')
    if (price.effectiveTo !== undefined && price.effectiveTo <= price.effectiveFrom)
      return refused('INVALID', 'effectiveTo must be after effectiveFrom.')
    if (price.priceId.startsWith('erp:')) return refused('INVALID', 'Price ids beginning with "erp:" are the ERP\'s.')
    if (isStorePrice(price.priceId)) return refused('INVALID', 'Price ids beginning with "~store:" are the stores\'.')
    await lockCatalogue(trx)
    const taken = await trx.selectFrom('price').selectAll().where('price_id', '=', price.priceId).executeTakeFirst()
    if (taken) {
      const known = priceDocument(taken)
      return { outcome: samePrice(known, price) ? 'known' : 'conflict', price: known }
    }
    const store = await trx.selectFrom('store').select('currency').where('store_id', '=', price.storeId).executeTakeFirst()
    if (!store) return refused('NOT_FOUND', `There is no store ${price.storeId}.`)
    if (store.currency !== price.currency) return refused('WRONG_CURRENCY', `Store ${price.storeId} sells in ${store.currency}.`)
    const item = await trx.selectFrom('item').select('item_id').where('item_id', '=', price.itemId).executeTakeFirst()
    if (!item) return refused('NOT_FOUND', `There is no item ${price.itemId}.`)
    await insertPrices(trx, [
      {
        price_id: price.priceId,
        item_id: price.itemId,
        store_id: price.storeId,
        amount_minor: price.amountMinor,
        currency: price.currency,
        effective_from: new Date(price.effectiveFrom),
        effective_to: price.effectiveTo === undefined ? null : new Date(price.effectiveTo),
        source: 'operator',
      },
    ])
    await writeFeed(trx, 'prices', price.storeId, [price])
    return { outcome: 'created', price }
  })
