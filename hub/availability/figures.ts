/** The figure of each store and item for a channel, and what it was made of: one answer for the API, its explanation and the events. */
import type { Kysely } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { type Availability, availableToSell, type StockFigures } from '../stock/available.ts'
import { type ConfidencePolicy, usualPolicy } from '../stock/confidence.ts'
import type { Tables } from '../storage/tables.ts'
import { keepSums, knownSums } from './kept-ledger.ts'
import { type KnownItem, knowledgeOf, sumsOf } from './knowledge.ts'
import type { KnownStore } from './known-stores.ts'
import { readKnowledgeRows } from './knowledge-query.ts'
import { keyText, type StockKey } from './promised-stock.ts'
import { type HoldingRules, holdingRules, ruledStock } from './ruled-stock.ts'
import { ownChannel } from './rules/rule.ts'
import { type RulesInForce, rulesInForce } from './rules/rules-in-force.ts'

export interface Figure extends StockKey, Availability {
  timeZone: string
  onHandMilli: number
  reservedMilli: number
  /** On its way to the store, and not part of what is offered. */
  inTransitMilli: number
  /** As the rules have it; for a reservation that doubt does not hold back. */
  stock: StockFigures
}

const policyOf = ({ service }: HoldingRules): ConfidencePolicy =>
  service === undefined ? usualPolicy : { ...usualPolicy, servicePpm: service.amount, by: service }

interface Asking {
  atMs: number
  rules: RulesInForce
  channel: string | undefined
}

const figureOf = (key: StockKey, store: KnownStore, known: KnownItem, { atMs, channel, ...asking }: Asking): Figure => {
  const { held, count, inTransitMilli } = known
  const { book, categoryOf } = asking.rules
  const category = categoryOf.get(key.itemId)
  const rules = channel === ownChannel ? {} : holdingRules(book, { ...key, category, channel, day: store.day })
  const stock = { ...ruledStock(held, rules), ...(count === undefined ? {} : { count }) }
  const availability = availableToSell(stock, known.store, known.item, policyOf(rules), atMs)
  const { storeId, itemId } = key
  const { onHandMilli, reservedMilli } = held
  return { storeId, itemId, ...availability, timeZone: store.timeZone, onHandMilli, reservedMilli, inTransitMilli, stock }
}

/**
 * Without a channel: what the rules leave that name none. Figures of keys whose store is not known are left out. `keptFor` is the database
 * of a transaction: what is kept between calls is kept for it.
 */
export const readFigures = async (
  db: Kysely<Tables>,
  keys: readonly StockKey[],
  channel?: string,
  keptFor: object = db,
): Promise<{ atMs: number; figures: Figure[] }> => {
  const asked = [...new Map(keys.map((key) => [keyText(key), key])).values()]
  const sums = knownSums(keptFor, asked)
  const rows = await readKnowledgeRows(db, { keys: asked, marks: sums.map((known) => known?.mark ?? ''), channel: channel ?? null })
  for (const row of rows.ledger) {
    const key = must(asked[row.n - 1], 'a key that was asked for')
    sums[row.n - 1] = sumsOf(row)
    keepSums(keptFor, key, sumsOf(row))
  }
  const { stores, items } = knowledgeOf(asked, rows, sums)
  const asking = { atMs: rows.at_ms, rules: await rulesInForce(db, rows.rules, keptFor), channel }
  const figures = asked.flatMap((key, index) => {
    const [store, known] = [stores.get(key.storeId), items[index]]
    return store === undefined || known === undefined ? [] : [figureOf(key, store, known, asking)]
  })
  return { atMs: rows.at_ms, figures }
}
