/**
 * Which store and currency a file is of, when nobody said: those that the transactions of its beginning name most often. A file must not
 * be refused whole only because the question was not asked.
 */
import type { CaptureHints } from '#sync/capture/captured-item.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { CheckOptions } from './options.ts'
import { readFileItems } from './file-reading.ts'

const probeBytes = 4_000_000
const nobody = { store: 'store', currency: 'XXX' }

export interface Assumed {
  hints: CaptureHints
  /** In words, what was not said and had to be found. */
  notes: string[]
}

export const assumeHints = async (path: string, options: CheckOptions): Promise<Assumed> => {
  const timeZone = options.timeZone ?? 'UTC'
  const stated = (storeId: string, currency: string): CaptureHints => ({
    storeId: storeIdSchema.parse(storeId),
    currency: currencySchema.parse(currency),
    timeZone,
    mappings: options.mappings,
  })
  const notes = options.timeZone === undefined ? ['times without an offset are read in UTC'] : []
  if (options.store !== undefined && options.currency !== undefined) return { hints: stated(options.store, options.currency), notes }
  const currency = options.currency ?? (await namedMost(path, stated(options.store ?? nobody.store, nobody.currency), 'currency')) ?? 'EUR'
  const store = options.store ?? (await namedMost(path, stated(nobody.store, currency), 'store')) ?? nobody.store
  if (options.store === undefined) notes.push(`the store is taken to be "${store}"`)
  if (options.currency === undefined) notes.push(`the currency is taken to be ${currency}`)
  return { hints: stated(store, currency), notes }
}

/** The refusals themselves name what the file says. */
const pattern = { store: /^storeId: "(.+)" is not this agent's store/, currency: /^currency: ([A-Z]{3}) is not the store's/ }

const namedMost = async (path: string, hints: CaptureHints, what: keyof typeof pattern): Promise<string | undefined> => {
  const counts = new Map<string, number>()
  await readFileItems(
    path,
    hints,
    (item) => {
      if (item.outcome !== 'quarantined') return
      for (const reason of item.reasons) {
        const named = pattern[what].exec(reason.message)?.[1]
        if (named !== undefined) counts.set(named, (counts.get(named) ?? 0) + 1)
      }
    },
    probeBytes,
  )
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}
