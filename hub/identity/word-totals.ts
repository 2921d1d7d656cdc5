/** Keeps how often a store's tills said each word, by day, for the projection `sales`; reads it in canonical words. */
import type { Transaction as Receipt } from '#sync/contract/transaction.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import { storable } from '../storage/storable.ts'
import type { Tables } from '../storage/tables.ts'
import { canonicalWord, type SpokenList, wordPlace, type WordMaster } from './canonical-words.ts'
import { wordsOf } from './said-words.ts'

type DayWord = Tables['word_day']

/** In the order of their keys: two workers that meet at a row never hold each other's. */
export const sumWords = (receipts: readonly Receipt[]): DayWord[] => {
  const sums = new Map<string, DayWord>()
  for (const t of receipts)
    for (const { list, word, amountMinor } of wordsOf(t)) {
      const key = { store_id: t.storeId, business_day: t.businessDay, list, word: storable(word), currency: t.currency }
      const id = JSON.stringify(Object.values(key))
      const sum = sums.get(id) ?? { ...key, times: 0, amount_minor: 0 }
      sums.set(id, { ...sum, times: sum.times + 1, amount_minor: sum.amount_minor + amountMinor })
    }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

/** Also over all days: what is unknown is looked for there, where there is little to look at. */
export const addWords = async (trx: Transaction<Tables>, receipts: readonly Receipt[]): Promise<void> => {
  const rows = JSON.stringify(sumWords(receipts))
  if (rows === '[]') return
  await sql`
    insert into word_day select * from json_populate_recordset(null::word_day, ${rows}::json)
    on conflict (store_id, business_day, list, word, currency) do update
      set times = word_day.times + excluded.times, amount_minor = word_day.amount_minor + excluded.amount_minor`.execute(trx)
  await sql`
    insert into word_total (store_id, list, word, currency, times, amount_minor)
    select store_id, list, word, currency, sum(times), sum(amount_minor)
    from json_populate_recordset(null::word_day, ${rows}::json) group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (store_id, list, word, currency) do update
      set times = word_total.times + excluded.times, amount_minor = word_total.amount_minor + excluded.amount_minor`.execute(trx)
}

export const resetWords = async (trx: Transaction<Tables>): Promise<void> => {
  await trx.deleteFrom('word_day').execute()
  await trx.deleteFrom('word_total').execute()
}

export const readWordMaster = async (db: Kysely<Tables>): Promise<WordMaster> => {
  const { rows } = await sql<{ list: string; scope: 'all' | 'store' | 'channel'; scope_id: string; word: string; target: string }>`
    select list, scope, scope_id, substr(key, 6) as word, target from mapping_entry
    where until_version is null and kind = 'word' and scope in ('all', 'store', 'channel')`.execute(db)
  const { rows: categories } = await sql<{ store_id: string; category: string }>`
    select distinct '' as store_id, category from tax_rate
    union select s.store_id, r.category from store_tax s join tax_rate r on r.jurisdiction = s.jurisdiction`.execute(db)
  const taxCategories = new Map<string, Set<string>>()
  for (const { store_id, category } of categories) taxCategories.set(store_id, new Set([...(taxCategories.get(store_id) ?? []), category]))
  return {
    mapped: new Map(rows.map((row) => [wordPlace(row.list, { scope: row.scope, scopeId: row.scope_id }, row.word), row.target])),
    taxCategories,
  }
}

export interface WordReport {
  /** Null: nobody has said yet what these are. */
  canonical: string | null
  currency: string
  times: number
  amountMinor: number
  /** As the tills say it. */
  said: string[]
}

export interface ReportAsk {
  list: SpokenList
  storeId?: string | undefined
  from: string
  to: string
}

/** By the mapping of now, whenever it was said. */
export const readWordReport = async (db: Kysely<Tables>, { list, storeId, from, to }: ReportAsk): Promise<WordReport[]> => {
  const master = await readWordMaster(db)
  const { rows } = await sql<{ store_id: string; word: string; currency: string; times: number; amount_minor: number }>`
    select store_id, word, currency, sum(times)::int as times, sum(amount_minor)::bigint as amount_minor from word_day
    where list = ${list} and business_day between ${from} and ${to} and (${storeId ?? null}::text is null or store_id = ${storeId ?? null})
    group by 1, 2, 3 order by 1, 2, 3`.execute(db)
  const sums = new Map<string, WordReport>()
  for (const row of rows) {
    const canonical = canonicalWord(list, { scope: 'store', scopeId: row.store_id }, row.word, master)
    const key = JSON.stringify([canonical, row.currency])
    const sum = sums.get(key) ?? { canonical, currency: row.currency, times: 0, amountMinor: 0, said: [] }
    sums.set(key, {
      ...sum,
      times: sum.times + row.times,
      amountMinor: sum.amountMinor + row.amount_minor,
      said: [...new Set([...sum.said, row.word])].sort(),
    })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}
