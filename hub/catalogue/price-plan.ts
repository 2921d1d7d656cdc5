/**
 * What must leave a store's feed, and what must come, so that the store's documents (sync/core/price-in-force.ts) come to what was stated
 * (stated-price.ts), at every moment from now on. Pure. Documents are written once: one that no longer fits leaves, and another comes.
 * What fits already stays, so that a price that changes nothing costs nothing; planning again finds nothing to do.
 */
import type { Price } from '#sync/contract/catalogue.ts'
import { toInstant, toMs } from '#sync/core/instant.ts'
import { priceInForce } from '#sync/core/price-in-force.ts'
import { covers, type HeldPrice, type Span, statedPriceAt } from './stated-price.ts'

export interface StoreDocument {
  price: Price
  /** What it was made of; null where nobody withdraws it. */
  madeOf: { priceId: string; version: number } | null
}

export interface PlannedDocument {
  of: HeldPrice
  span: Span
}

export interface PricePlan {
  leave: string[]
  come: PlannedDocument[]
}

export const planPrices = (held: readonly HeldPrice[], documents: readonly StoreDocument[], nowMs: number): PricePlan => {
  const moments = momentsOf(held, documents, nowMs)
  const wanted = moments.map((atMs) => statedPriceAt(held, atMs))
  const stay = documentsThatFit(held, documents, moments, wanted)
  const come = missingDocuments(stay, moments, wanted)
  const kept = new Set(stay.map(({ priceId }) => priceId))
  return { leave: documents.map(({ price }) => price.priceId).filter((id) => !kept.has(id as Price['priceId'])), come }
}

/** Now, and each later moment at which anything begins or ends: between two of them nothing changes. */
const momentsOf = (held: readonly HeldPrice[], documents: readonly StoreDocument[], nowMs: number): number[] => {
  const moments = new Set([nowMs])
  const note = (ms: number | null): void => void (ms !== null && ms > nowMs && moments.add(ms))
  for (const { span } of held) for (const ms of [span.fromMs, span.toMs]) note(ms)
  for (const { price } of documents) for (const ms of [toMs(price.effectiveFrom), endOf(price)]) note(ms)
  return [...moments].toSorted((a, b) => a - b)
}

const endOf = (price: Price): number | null => (price.effectiveTo === undefined ? null : toMs(price.effectiveTo))

const fits = (price: Price | null, want: HeldPrice | null): boolean => price?.amountMinor === want?.amountMinor

/** A document that is wrong at a moment leaves, unless what comes for that moment begins later than it and stands before it. */
const documentsThatFit = (
  held: readonly HeldPrice[],
  documents: readonly StoreDocument[],
  moments: readonly number[],
  wanted: readonly (HeldPrice | null)[],
): Price[] => {
  const isStated = new Set(held.map(({ priceId, version }) => JSON.stringify([priceId, version])))
  let stay = documents
    .filter(({ madeOf }) => madeOf === null || isStated.has(JSON.stringify([madeOf.priceId, madeOf.version])))
    .map(({ price }) => price)
  for (;;) {
    const wrong = new Set(
      moments.flatMap((atMs, index) => {
        const price = priceInForce(stay, toInstant(atMs))
        const want = wanted[index] ?? null
        return price !== null && !fits(price, want) && (want === null || price.effectiveFrom >= toInstant(atMs)) ? [price.priceId] : []
      }),
    )
    if (wrong.size === 0) return stay
    stay = stay.filter(({ priceId }) => !wrong.has(priceId))
  }
}

/** In the order of their beginnings: each stands before those that begin earlier. */
const missingDocuments = (stay: readonly Price[], moments: readonly number[], wanted: readonly (HeldPrice | null)[]): PlannedDocument[] => {
  const come: PlannedDocument[] = []
  for (const [index, want] of wanted.entries()) {
    const atMs = moments[index] ?? 0
    if (want === null) continue
    const newest = come.findLast(({ span }) => covers(span, atMs))
    const known = priceInForce(stay, toInstant(atMs))
    const isNewest = newest !== undefined && (known === null || toMs(known.effectiveFrom) < newest.span.fromMs)
    if (isNewest ? newest.of.amountMinor === want.amountMinor : fits(known, want)) continue
    // One that began before is written as it was stated, where nothing newer would stand before it.
    const isLate = index === 0 && !stay.some((price) => isLive(price, atMs) && toMs(price.effectiveFrom) >= want.span.fromMs)
    const fromMs = isLate ? want.span.fromMs : atMs
    come.push({ of: want, span: { fromMs, toMs: endOfNew(stay, moments, wanted, want, fromMs, index) } })
  }
  return come
}

const isLive = (price: Price, atMs: number): boolean => (endOf(price) ?? Number.POSITIVE_INFINITY) > atMs

/** As long as was stated, or until it would stand before a document that fits. */
const endOfNew = (
  stay: readonly Price[],
  moments: readonly number[],
  wanted: readonly (HeldPrice | null)[],
  want: HeldPrice,
  fromMs: number,
  index: number,
): number | null => {
  for (let next = index + 1; next < moments.length; next++) {
    const atMs = moments[next] ?? 0
    if (want.span.toMs !== null && atMs >= want.span.toMs) break
    const then = wanted[next] ?? null
    const other = priceInForce(stay, toInstant(atMs))
    const standsBefore = other !== null && fits(other, then) && toMs(other.effectiveFrom) <= fromMs
    if (standsBefore && then?.amountMinor !== want.amountMinor) return atMs
  }
  return want.span.toMs
}
