/**
 * Holds the ledger to the rule of returns (merge/policies/returns.ts) [MRG2]: whatever is read of a sale is read anew from claims and movements,
 * and what is held is brought to what the rule says now. The locks of return-lookup.ts are held.
 */
import { sql, type Transaction } from 'kysely'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { grouped } from '../grouped.ts'
import type { Original } from '../merge/policies/return-claims.ts'
import { judgeReturns, type OriginalItem, withoutCancelled } from '../merge/policies/returns.ts'
import type { Tables } from '../storage/tables.ts'
import { addMovements } from './balance.ts'
import { type ClaimLine, type JudgedItem, returnExceptions } from './return-exceptions.ts'
import type { ReturnClaimRow } from './tables.ts'

type Trx = Transaction<Tables>

/** What a receipt claimed before, it claims for ever. */
export const addClaims = async (trx: Trx, claims: readonly ReturnClaimRow[]): Promise<void> => {
  if (claims.length === 0) return
  await sql`insert into return_claim select * from json_populate_recordset(null::return_claim, ${JSON.stringify(claims)}::json)
    on conflict do nothing`.execute(trx)
}

const given = (originals: readonly Original[]) =>
  sql`json_to_recordset(${JSON.stringify(originals)}::json) as o ("storeId" text, "naturalKey" text)`

interface SoldRow {
  originalStore: string
  originalKey: string
  moved: boolean
  waits: boolean
  sold: { item: string; milli: number }[]
  decided: { item: string; accepted: number; rejected: number }[]
}

const readSold = async (trx: Trx, originals: readonly Original[]): Promise<SoldRow[]> => {
  const { rows } = await sql<SoldRow>`
    select o."storeId" as "originalStore", o."naturalKey" as "originalKey",
      exists (select from stock_movement m where m.store_id = o."storeId" and m.natural_key = o."naturalKey") as moved,
      exists (select from waiting_line w where w.store_id = o."storeId" and w.natural_key = o."naturalKey") as waits,
      coalesce((select json_agg(s) from (select item_id as item, -sum(quantity_milli)::bigint as milli from stock_movement m
        where m.store_id = o."storeId" and m.natural_key = o."naturalKey" and m.kind = 'sale' group by 1) s), '[]') as sold,
      coalesce((select json_agg(d) from (select item_id as item,
          coalesce(sum(quantity_milli) filter (where decision = 'accept'), 0)::bigint as accepted,
          coalesce(sum(quantity_milli) filter (where decision = 'reject'), 0)::bigint as rejected
        from return_decision r where r.original_store_id = o."storeId" and r.original_key = o."naturalKey" group by 1) d), '[]') as decided
    from ${given(originals)}`.execute(trx)
  return rows
}

interface LineRow extends ClaimLine {
  originalStore: string
  originalKey: string
  cancelledMilli: number
  heldMilli: number
  place: { device_id: string | null; incarnation: string | null; seq: number | null }
}

const readLines = async (trx: Trx, originals: readonly Original[]): Promise<LineRow[]> => {
  const { rows } = await sql<LineRow>`
    select c.original_store_id as "originalStore", c.original_key as "originalKey", c.store_id as "storeId", c.natural_key as "naturalKey",
      c.line_number as "lineNumber", c.relation, c.amount_minor as "amountMinor", c.currency, m.item_id as "itemId",
      m.business_day as "businessDay", m.quantity_milli as "returnedMilli", m.quantity_milli as "statedMilli",
      json_build_object('device_id', m.device_id, 'incarnation', m.incarnation, 'seq', m.seq) as place,
      coalesce(h.held_milli, 0) as "heldMilli", coalesce((
        select -sum(t.quantity_milli) from return_claim v join stock_movement t
          on t.store_id = v.store_id and t.natural_key = v.natural_key and t.line_number = v.line_number
        where v.original_key = c.natural_key and v.original_store_id = c.store_id and v.relation = 'voids'
          and t.item_id = m.item_id and t.kind = 'post-void' and t.quantity_milli < 0), 0)::bigint as "cancelledMilli"
    from ${given(originals)}
    join return_claim c on c.original_key = o."naturalKey" and c.original_store_id = o."storeId"
    join stock_movement m on m.store_id = c.store_id and m.natural_key = c.natural_key and m.line_number = c.line_number
      and m.quantity_milli > 0 and m.kind in ('return', 'post-void')
    left join return_hold h on h.store_id = c.store_id and h.natural_key = c.natural_key and h.line_number = c.line_number and h.item_id = m.item_id`.execute(
    trx,
  )
  return rows
}

export interface JudgedOriginal {
  original: Original
  items: JudgedItem[]
}

const judgeOriginal = (sold: SoldRow, lines: readonly LineRow[]): JudgedItem[] =>
  [...grouped(lines, ({ itemId }) => itemId)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([itemId, ofItem]) => {
      const decided = sold.decided.find(({ item }) => item === itemId)
      const soldMilli = sold.sold.find(({ item }) => item === itemId)?.milli ?? 0
      const original: OriginalItem = {
        sale: sold.waits && soldMilli === 0 ? 'waits' : sold.moved || sold.waits ? 'known' : 'missing',
        soldMilli,
        acceptedMilli: decided?.accepted ?? 0,
        rejectedMilli: decided?.rejected ?? 0,
      }
      return { itemId, original, judged: judgeReturns(original, withoutCancelled(ofItem)) }
    })

const keyOf = (store: string, key: string): string => JSON.stringify([store, key])

const judgeLines = (sold: readonly SoldRow[], lines: readonly LineRow[]): JudgedOriginal[] => {
  const byOriginal = grouped(lines, (line) => keyOf(line.originalStore, line.originalKey))
  return sold.map((row) => ({
    original: { storeId: row.originalStore, naturalKey: row.originalKey },
    items: judgeOriginal(row, byOriginal.get(keyOf(row.originalStore, row.originalKey)) ?? []),
  }))
}

export const readJudged = async (trx: Trx, originals: readonly Original[]): Promise<JudgedOriginal[]> =>
  judgeLines(await readSold(trx, originals), await readLines(trx, originals))

/** Once for each sale that records or decisions touched. */
export const settleReturns = async (trx: Trx, originals: readonly Original[]): Promise<void> => {
  if (originals.length === 0) return
  const lines = await readLines(trx, originals)
  const judged = judgeLines(await readSold(trx, originals), lines)
  await holdBack(trx, lines, judged)
  const told = judged.map(({ original, items }) => returnExceptions(original, items))
  await reportExceptions(
    trx,
    told.flatMap(({ open }) => open),
  )
  await resolveExceptions(
    trx,
    told.flatMap(({ over }) => over),
  )
}

const lineKey = ({ storeId, naturalKey, lineNumber, itemId }: ClaimLine): string =>
  JSON.stringify([storeId, naturalKey, lineNumber, itemId])

/** The ledger gets the difference to what was held before, at the place of the return itself. */
const holdBack = async (trx: Trx, lines: readonly LineRow[], judged: readonly JudgedOriginal[]): Promise<void> => {
  const held = new Map(
    judged.flatMap(({ items }) => items.flatMap((item) => item.judged.map(({ line, heldMilli }) => [lineKey(line), heldMilli] as const))),
  )
  const changed = lines.filter((line) => (held.get(lineKey(line)) ?? 0) !== line.heldMilli)
  if (changed.length === 0) return
  const rows = changed.map((line) => ({
    ...{ store_id: line.storeId, natural_key: line.naturalKey, line_number: line.lineNumber, item_id: line.itemId },
    held_milli: held.get(lineKey(line)) ?? 0,
  }))
  const movements = changed.map((line) => ({
    ...{ store_id: line.storeId, natural_key: line.naturalKey, line_number: 0 - line.lineNumber, item_id: line.itemId },
    ...{ kind: 'return-held', business_day: line.businessDay, ...line.place },
    quantity_milli: line.heldMilli - (held.get(lineKey(line)) ?? 0),
  }))
  await addMovements(trx, movements, 'more')
  await sql`
    insert into return_hold select * from json_populate_recordset(null::return_hold, ${JSON.stringify(rows)}::json)
    on conflict (natural_key, store_id, line_number, item_id) do update set held_milli = excluded.held_milli`.execute(trx)
  const keys = JSON.stringify(rows.filter(({ held_milli }) => held_milli === 0))
  await sql`delete from return_hold h using json_populate_recordset(null::return_hold, ${keys}::json) g
    where (h.natural_key, h.store_id, h.line_number, h.item_id) = (g.natural_key, g.store_id, g.line_number, g.item_id)`.execute(trx)
  await sql`delete from stock_movement m using json_populate_recordset(null::return_hold, ${keys}::json) g
    where (m.natural_key, m.store_id, m.line_number, m.item_id) = (g.natural_key, g.store_id, -g.line_number, g.item_id)
      and m.kind = 'return-held' and m.quantity_milli = 0`.execute(trx)
}
