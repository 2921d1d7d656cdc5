/**
 * Corrections that were booked while a count of their item was on its way [MRG45]: neither knew of the other. What is decided gives the
 * correction a place in the store's sequence, and the rule of counts does the rest:
 *
 *   the store wins    where its records had arrived when it was booked: before the count, which contains it
 *   the centre wins   right behind the count: added to what was counted, and contained in the next one
 *   nobody            none: its business day decides, as for all that the hub books
 */
import { sql, type Transaction } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { ruleFor } from '../overrides/rule-table.ts'
import { readRules } from '../overrides/rules.ts'
import { makeRuling, ruled } from '../overrides/rulings.ts'
import { type StockCentreSide, type StockStoreSide, wordStockCentre, wordStockStore } from '../overrides/sides.ts'
import type { Tables } from '../storage/tables.ts'

type Trx = Transaction<Tables>

interface Crossing {
  store_id: string
  item_id: string
  count: StockStoreSide
  correction: StockCentreSide
}

/** A count of an earlier day than the correction's would contain it by its day alone: it says nothing against the booking. */
const readCrossings = async (trx: Trx, storeId: string, naturalKeys: readonly string[]): Promise<Crossing[]> => {
  const { rows } = await sql<Crossing>`
    select m.store_id, m.item_id,
      json_build_object('naturalKey', m.natural_key, 'documentId', min(d.document_id), 'countedMilli', sum(m.quantity_milli), 'businessDay', m.business_day,
        'deviceId', m.device_id, 'incarnation', m.incarnation, 'seq', m.seq) as count,
      json_build_object('naturalKey', c.natural_key, 'key', c.correction_key, 'quantityMilli', c.quantity_milli, 'businessDay', c.business_day,
        'reason', c.reason, 'arrivedSeq', coalesce(min(a.seq), 0)) as correction
    from stock_movement m
    join stock_correction c on c.store_id = m.store_id and c.item_id = m.item_id and c.arrived is not null and c.business_day >= m.business_day
    left join stock_document d on d.store_id = m.store_id and d.natural_key = m.natural_key
    left join lateral json_to_recordset(c.arrived::json) as a (device_id text, incarnation text, seq bigint)
      on a.device_id = m.device_id and a.incarnation = m.incarnation
    where m.store_id = ${storeId} and m.natural_key = any(${naturalKeys}::text[]) and m.kind = 'count' and m.seq > coalesce(a.seq, 0)
    group by m.store_id, m.item_id, m.natural_key, m.business_day, m.device_id, m.incarnation, m.seq, c.correction_key
    order by m.seq, c.correction_key, m.item_id`.execute(trx)
  return rows
}

const idOf = ({ count, correction }: Crossing): string => `${correction.naturalKey}>${count.naturalKey}`

/** For counts that were just added. The store's lock is held alone, and its balances are derived afterwards. */
export const ruleOnCounts = async (trx: Trx, storeId: string, naturalKeys: readonly string[]): Promise<void> => {
  const crossings = await readCrossings(trx, storeId, naturalKeys)
  if (crossings.length === 0) return
  const known = await ruled(trx, crossings.map(idOf))
  const fresh = crossings.filter((crossing) => !known.has(idOf(crossing)))
  const { version, table } = must(await readRules(trx), 'rules')
  for (const crossing of fresh) {
    const { store_id, item_id, count, correction } = crossing
    const message = `${wordStockStore(store_id, item_id, count)}; ${wordStockCentre(correction)}. Does the count contain it, or is it added? Until somebody decides it is added.`
    const sides = { store_side: JSON.stringify(count), centre_side: JSON.stringify(correction) }
    const { winner, owner, reason } = ruleFor(table, 'stock', store_id)
    const ruling = { ruling_id: idOf(crossing), field: 'stock' as const, store_id, item_id, ...sides, winner, owner, reason }
    await makeRuling(trx, { ...ruling, basis: 'rule', rules_version: version }, message)
  }
  await placeCorrections(trx, [...new Set(crossings.map(({ correction }) => correction.naturalKey))])
}

/** Of several rulings on one correction in one stream the furthest place holds: what was added behind a count stays behind it. */
export const placeCorrections = async (trx: Trx, naturalKeys: readonly string[] | 'all'): Promise<void> => {
  const wanted = naturalKeys === 'all' ? sql`true` : sql`centre_side::json ->> 'naturalKey' = any(${[...naturalKeys]}::text[])`
  await sql`
    insert into stock_place (store_id, natural_key, device_id, incarnation, seq)
    select store_id, centre_side::json ->> 'naturalKey', store_side::json ->> 'deviceId', store_side::json ->> 'incarnation',
      max(case coalesce(decided_winner, winner) when 'store' then (centre_side::json ->> 'arrivedSeq')::bigint else (store_side::json ->> 'seq')::bigint end)
    from override_ruling where field = 'stock' and coalesce(decided_winner, winner) <> 'person' and decided_basis is distinct from 'time' and ${wanted}
    group by 1, 2, 3, 4
    on conflict (store_id, natural_key, device_id, incarnation) do update set seq = excluded.seq`.execute(trx)
}
