/**
 * Projection `overrides`: the stores' own prices as the log has them, and what becomes of each: ruled on once, when it is first read, and
 * never again. A rebuild keeps rulings and what the feeds have, and finds both there.
 *
 *   record ─▶ price_override ─▶ ruling ─▶ stands, or waits for a person: its prices in the feed       ─▶ word to the store
 *                                      └▶ does not stand: its name in the feed, never in force        ─┘
 */
import { postingStateSchema, type PostingState } from '#sync/contract/catalogue.ts'
import type { PriceOverride } from '#sync/contract/price-override.ts'
import { sql, type Transaction } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { writeFeed } from '../catalogue/feed.ts'
import { lockCatalogue } from '../catalogue/rows.ts'
import { readPresentEpoch } from '../epoch/epoch.ts'
import { type LogRecord, readRecord } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import type { Tables } from '../storage/tables.ts'
import { type Decided, ruleOnPrice, wordForStore } from './price-ruling.ts'
import { ruleFor } from './rule-table.ts'
import { readRules } from './rules.ts'
import { makeRuling, ruled } from './rulings.ts'
import { type PriceCentreSide, priceStoreSideSchema, wordPriceCentre, wordPriceStore } from './sides.ts'
import { publishStorePrice, readCentralPrices, refuseStorePrice } from './store-prices.ts'

type Trx = Transaction<Tables>

interface Told {
  row: LogRecord
  key: string
  override: PriceOverride
}

const overridesOf = (records: readonly LogRecord[]): Told[] =>
  records.flatMap((row) => {
    const read = readRecord(row)
    return read.reading === 'price-override' && row.natural_key !== null ? [{ row, key: row.natural_key, override: read.override }] : []
  })

export const overrideProjection: Projection = {
  name: 'overrides',
  heeds: ['price-override'],
  tables: { price_override: 'the stores’ own prices' },

  apply: async (trx, records) => {
    const told = overridesOf(records)
    if (told.length === 0) return
    const rows = told.map(({ row, key, override }) => ({
      ...{ natural_key: key, store_id: row.store_id, item_id: override.itemId, override: JSON.stringify(override) },
      ...{ device_id: row.device_id, incarnation: row.incarnation, seq: row.seq },
    }))
    await sql`insert into price_override select * from json_populate_recordset(null::price_override, ${JSON.stringify(rows)}::json)
      on conflict do nothing`.execute(trx)
    await lockCatalogue(trx)
    const known = await ruled(
      trx,
      told.map(({ key }) => key),
    )
    for (const each of told) if (!known.has(each.key)) await ruleOn(trx, each)
  },

  reset: async (trx) => {
    await trx.deleteFrom('price_override').execute()
  },
}

const ruleOn = async (trx: Trx, { key, override }: Told): Promise<void> => {
  const { storeId, itemId } = override
  const { version, table } = must(await readRules(trx), 'rules')
  const central = await readCentralPrices(trx, storeId, itemId)
  const ruling = ruleOnPrice({
    ...{ override, central, epoch: (await readPresentEpoch(trx))?.epoch ?? null, rule: ruleFor(table, 'price', storeId) },
    ...{ problem: await problemOf(trx, override), now: await clockNow(trx) },
  })
  const { conflicting, against, ...decided } = ruling
  const side = priceStoreSideSchema.parse(override)
  await makeRuling(
    trx,
    {
      ...{ ruling_id: key, field: 'price', store_id: storeId, item_id: itemId },
      ...{ store_side: JSON.stringify(side), centre_side: JSON.stringify(conflicting) },
      ...{ ...decided, rules_version: decided.basis === 'rule' ? version : null },
    },
    `${wordPriceStore(side)}. ${wordPriceCentre(conflicting)} The store’s price stands until somebody decides.`,
  )
  if (decided.winner === 'centre') await refuseStorePrice(trx, override)
  else await publishStorePrice(trx, key, override, against)
  await tellStore(trx, storeId, key, decided, conflicting)
}

/** What became of a posting is told in the same way. */
export const tellStore = async (trx: Trx, storeId: string, key: string, decided: Decided, conflicting: PriceCentreSide): Promise<void> => {
  const reason = wordForStore(decided, conflicting)
  const word: PostingState = postingStateSchema.parse({
    ...{ naturalKey: key, state: decided.winner === 'store' ? 'posted' : 'held' },
    ...(reason === undefined ? {} : { reason: reason.slice(0, 1_000) }),
  })
  await writeFeed(trx, 'postings', storeId, [word])
}

const clockNow = async (trx: Trx): Promise<string> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(trx)
  return must(rows[0], 'the time').now.toISOString()
}

const problemOf = async (trx: Trx, { storeId, itemId, currency }: PriceOverride): Promise<string | null> => {
  const store = await trx.selectFrom('store').select('currency').where('store_id', '=', storeId).executeTakeFirst()
  if (store?.currency !== currency) return `Store ${storeId} sells in ${store?.currency ?? 'no currency'}, not in ${currency}.`
  const item = await trx.selectFrom('item').select('item_id').where('item_id', '=', itemId).executeTakeFirst()
  return item ? null : `There is no item ${itemId} in the catalogue.`
}
