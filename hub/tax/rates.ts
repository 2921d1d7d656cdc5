/** The tax master's rates and the stores' jurisdictions, read and changed. A change marks the days that it may concern: they are judged anew. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { placeOfRate, type TaxRate } from './rate.ts'
import { type CheckedRates, checkTaxRates, type ReadRate } from './rate-check.ts'

export const readTaxRates = async (db: Kysely<Tables>): Promise<TaxRate[]> => {
  const rows = await db.selectFrom('tax_rate').selectAll().orderBy('jurisdiction').orderBy('category').orderBy('effective_from').execute()
  return rows.map((row) => ({
    jurisdiction: row.jurisdiction,
    category: row.category,
    rateMicro: row.rate_micro,
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
  }))
}

export interface RateImport {
  rows: readonly ReadRate[]
  mode: 'add' | 'replace'
  dryRun: boolean
  by: string
  why: string
}

export interface RateAnswer extends Pick<CheckedRates, 'lines' | 'refused'> {
  outcome: 'checked' | 'refused' | 'unchanged' | 'in-force'
}

/** All lines or none. */
export const importTaxRates = (db: Database, settings: RateImport): Promise<RateAnswer> =>
  retryContention(() =>
    db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('tideline tax rates', 0))`.execute(trx)
      const inForce = await readTaxRates(trx)
      const { lines, refused, rates } = checkTaxRates(settings.rows, inForce, settings.mode)
      if (refused > 0) return { outcome: 'refused', lines, refused }
      if (settings.dryRun) return { outcome: 'checked', lines, refused }
      const [were, are] = [new Set(inForce.map(textOf)), new Set(rates.map(textOf))]
      const ended = inForce.filter((rate) => !are.has(textOf(rate)))
      const begun = rates.filter((rate) => !were.has(textOf(rate)))
      if (ended.length + begun.length === 0) return { outcome: 'unchanged', lines, refused }
      await storeRates(trx, ended, begun, settings)
      await markJurisdictions(trx, [...new Set([...ended, ...begun].map(({ jurisdiction }) => jurisdiction))])
      return { outcome: 'in-force', lines, refused }
    }),
  )

const textOf = (rate: TaxRate): string => `${placeOfRate(rate)} ${rate.rateMicro} ${rate.effectiveTo ?? ''}`

const storeRates = async (
  trx: Transaction<Tables>,
  ended: readonly TaxRate[],
  begun: readonly TaxRate[],
  { by, why }: RateImport,
): Promise<void> => {
  for (const { jurisdiction, category, effectiveFrom } of ended)
    await trx
      .deleteFrom('tax_rate')
      .where('jurisdiction', '=', jurisdiction)
      .where('category', '=', category)
      .where('effective_from', '=', effectiveFrom)
      .execute()
  for (const rate of begun)
    await trx
      .insertInto('tax_rate')
      .values({
        jurisdiction: rate.jurisdiction,
        category: rate.category,
        rate_micro: rate.rateMicro,
        effective_from: rate.effectiveFrom,
        effective_to: rate.effectiveTo,
        made_by: by,
        reason: why,
      })
      .execute()
}

const markJurisdictions = (trx: Transaction<Tables>, jurisdictions: readonly string[]) =>
  sql`update tax_day d set due_at = now() from store_tax s
    where s.store_id = d.store_id and s.jurisdiction = any(${jurisdictions}::text[])`.execute(trx)

export const readJurisdiction = async (db: Kysely<Tables>, storeId: string): Promise<string | null> =>
  (await db.selectFrom('store_tax').select('jurisdiction').where('store_id', '=', storeId).executeTakeFirst())?.jurisdiction ?? null

export const setJurisdiction = (db: Database, storeId: string, jurisdiction: string): Promise<'set' | 'unknown-store' | 'no-rates'> =>
  retryContention(() =>
    db.transaction().execute(async (trx) => {
      const store = await trx.selectFrom('store').select('store_id').where('store_id', '=', storeId).executeTakeFirst()
      if (!store) return 'unknown-store'
      const rate = await trx.selectFrom('tax_rate').select('category').where('jurisdiction', '=', jurisdiction).limit(1).executeTakeFirst()
      if (!rate) return 'no-rates'
      await sql`insert into store_tax values (${storeId}, ${jurisdiction})
        on conflict (store_id) do update set jurisdiction = excluded.jurisdiction`.execute(trx)
      await markJurisdictions(trx, [jurisdiction])
      return 'set'
    }),
  )
