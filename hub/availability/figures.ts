/** The figure of each store and item for a channel, and what it was made of: one answer for the API, its explanation and the events. */
import type { Kysely } from 'kysely'
import { type Availability, availableToSell, type StockFigures } from '../stock/available.ts'
import { type ConfidencePolicy, usualPolicy } from '../stock/confidence.ts'
import type { Tables } from '../storage/tables.ts'
import { type KnownItem, type KnownStore, knowledgeOf } from './knowledge.ts'
import { readKnowledgeRows } from './knowledge-query.ts'
import { keyText, type StockKey } from './promised-stock.ts'
import { readRecentSales } from './recent-sales.ts'
import { type HoldingRules, holdingRules, ruledStock } from './ruled-stock.ts'
import { ownChannel } from './rules/rule.ts'
import { ruleBook } from './rules/rule-book.ts'
import type { RuleBook } from './rules/rule-order.ts'

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
  book: RuleBook
  channel: string | undefined
}

const figureOf = (key: StockKey, store: KnownStore, known: KnownItem, { atMs, book, channel }: Asking): Figure => {
  const { held, category, count, inTransitMilli } = known
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
  const rows = await readKnowledgeRows(db, asked, channel ?? null)
  const marks = new Map(rows.balances.n?.map((n, index) => [n, rows.balances.mark[index]]))
  const marked = asked.map((key, index) => ({ ...key, mark: marks.get(index + 1) }))
  const { stores, items } = knowledgeOf(asked, rows, await readRecentSales(db, marked, rows.first_day, keptFor))
  const asking = { atMs: rows.at_ms, book: await ruleBook(db, rows.rules, keptFor), channel }
  const figures = asked.flatMap((key, index) => {
    const [store, known] = [stores.get(key.storeId), items[index]]
    return store === undefined || known === undefined ? [] : [figureOf(key, store, known, asking)]
  })
  return { atMs: rows.at_ms, figures }
}
