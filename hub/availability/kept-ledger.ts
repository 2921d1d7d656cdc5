/**
 * What the ledger says of a store's item besides its balance: adding up weeks of movements costs more than all else of a figure. Every
 * movement and every count writes the balance's row; a mark of that row and of the day comes with each sum, and the sum holds exactly as long
 * as the mark is the same. The database is given the marks that are known, and answers for the others alone.
 */
import { keyText, type StockKey } from './promised-stock.ts'

/** Sales of so many days, over all their hours. */
export const velocityDays = 28

export interface LedgerSums {
  mark: string
  soldMilli: number
  /** On the day of the last count or later. */
  soldSinceCountMilli: number
  count?: { day: string; milli: number; atMs: number } | undefined
}

const kept = new WeakMap<object, Map<string, LedgerSums>>()
/** Some tens of megabytes. */
const mostKept = 200_000

const keptOf = (keptFor: object): Map<string, LedgerSums> => {
  const known = kept.get(keptFor) ?? new Map<string, LedgerSums>()
  kept.set(keptFor, known)
  return known
}

export const knownSums = (keptFor: object, keys: readonly StockKey[]): (LedgerSums | undefined)[] => {
  const known = keptOf(keptFor)
  return keys.map((key) => known.get(keyText(key)))
}

export const keepSums = (keptFor: object, key: StockKey, sums: LedgerSums): void => {
  const known = keptOf(keptFor)
  const [oldest] = known.size >= mostKept ? known.keys() : []
  if (oldest !== undefined) known.delete(oldest)
  known.set(keyText(key), sums)
}
