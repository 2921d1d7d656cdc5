/**
 * What a store has of an item, from its ledger alone: pure, and the same whatever the order in which the entries arrived [STK3].
 *
 *   A count contains what stands before it in a stream that both are in, and nothing that stands behind it there.
 *   Where no stream holds both (another device, a life that shares nothing, what the hub itself booked), the business day decides:
 *   a count contains the days before its own. Of its own day it contains nothing: what was sold meanwhile elsewhere is taken off.
 *
 * Of several counts the newest holds, by newest.ts; of those that no stream orders the later business day, then the lower figure: nothing
 * is promised that one of them did not see.
 */
import { type Said, newestOf } from '../merge/newest.ts'
import type { MovementKind } from './movement.ts'

/** Where a record stands. One that a new life carried over stands in several streams, and what the hub booked in none. */
export interface Place {
  deviceId: string
  incarnation: string
  seq: number
}

/** `quantityMilli` of a count is what was there; of all others what was added. */
export interface LedgerEntry {
  key: string
  kind: MovementKind
  quantityMilli: number
  businessDay: string
  places: readonly Place[]
}

/** A document's lines of one item, added up. */
export interface Count {
  key: string
  countedMilli: number
  businessDay: string
  places: readonly Place[]
}

/** The first place in each stream: what comes again changes nothing. */
const firstPlaces = (places: readonly Place[]): Place[] => {
  const first = new Map<string, Place>()
  for (const place of places) {
    const stream = `${place.deviceId}:${place.incarnation}`
    if (place.seq < (first.get(stream)?.seq ?? Infinity)) first.set(stream, place)
  }
  return [...first.values()]
}

export const isContained = (
  movement: Pick<LedgerEntry, 'places' | 'businessDay'>,
  count: Pick<Count, 'places' | 'businessDay'>,
): boolean => {
  const counted = firstPlaces(count.places)
  const orders = firstPlaces(movement.places).flatMap((place) =>
    counted
      .filter(({ deviceId, incarnation }) => deviceId === place.deviceId && incarnation === place.incarnation)
      .map(({ seq }) => place.seq < seq),
  )
  return orders.length > 0 ? orders.includes(true) : movement.businessDay < count.businessDay
}

/** The count that holds. */
export const baseOf = (counts: readonly Count[]): Count | undefined => {
  const said = counts.flatMap((count) => firstPlaces(count.places).map((place): Said => ({ ...place, identity: count.key })))
  const newest = new Set(newestOf(said).map(({ identity }) => identity))
  return counts.filter(({ key }) => newest.has(key)).toSorted(byWeight)[0]
}

const byWeight = (a: Count, b: Count): number => {
  if (a.businessDay !== b.businessDay) return a.businessDay > b.businessDay ? -1 : 1
  if (a.countedMilli !== b.countedMilli) return a.countedMilli - b.countedMilli
  return a.key < b.key ? -1 : 1
}

export const countsOf = (entries: readonly LedgerEntry[]): Count[] => {
  const counts = new Map<string, Count>()
  for (const { key, kind, quantityMilli, businessDay, places } of entries) {
    if (kind !== 'count') continue
    counts.set(key, { key, businessDay, places, countedMilli: (counts.get(key)?.countedMilli ?? 0) + quantityMilli })
  }
  return [...counts.values()]
}

/** The entries are those of one store and item. */
export const onHandOf = (entries: readonly LedgerEntry[]): number => {
  const base = baseOf(countsOf(entries))
  const counting = entries.filter((entry) => entry.kind !== 'count' && !(base && isContained(entry, base)))
  return counting.reduce((sum, { quantityMilli }) => sum + quantityMilli, base?.countedMilli ?? 0)
}
