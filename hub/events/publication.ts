/**
 * Makes figures into events. One transaction at a time, over all processes, by the lock of `availability_head`: sequence numbers become
 * visible in their own order, and a figure is read after every event with a smaller number was, so that a key's newest event is its newest
 * figure. A crash leaves the changes marked.
 *
 *   changes ─▶ keys, each once ─▶ figures as they are now ─▶ those that are news ─▶ the newest event of each key
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { type Figure, readFigures } from '../availability/figures.ts'
import { keyRows, keyText, type StockKey } from '../availability/promised-stock.ts'
import { explainAvailability } from '../stock/explain-availability.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { isNews, type Told } from './news.ts'

type Trx = Transaction<Tables>

/** A transaction's worth: few enough that the next change waits only shortly. */
export const changesAtOnce = 2_000
const longestReason = 300

export interface Published {
  /** Changes taken, or keys looked at. */
  taken: number
  told: number
}

/** The next of what is marked as changed. */
export const publishChanges = (db: Database, limit = changesAtOnce): Promise<Published> => publish(db, (trx) => takeChanges(trx, limit))

/** These keys, changed or not. */
export const publishKeys = (db: Database, keys: readonly StockKey[]): Promise<Published> =>
  publish(db, async () => ({ taken: keys.length, keys }))

const publish = (db: Database, take: (trx: Trx) => Promise<{ taken: number; keys: readonly StockKey[] }>): Promise<Published> =>
  db.transaction().execute(async (trx) => {
    const head = await lockHead(trx)
    const { taken, keys } = await take(trx)
    if (keys.length === 0) return { taken, told: 0 }
    // On other connections, with what was committed before the lock was had: of the changes taken, all.
    const [{ atMs, figures }, told] = await Promise.all([readFigures(db, keys), readTold(trx, keys)])
    const news = figures.filter((figure) => isNews(told.get(keyText(figure)), figure, head.lifeBegan))
    if (news.length > 0) await writeEvents(trx, news, Math.max(head.sequence, head.lifeBegan), atMs)
    return { taken, told: news.length }
  })

/**
 * A life of the hub's data begins where no earlier one has come to: its first second, times more numbers than are given in a second. So
 * sequence numbers never go back for those who are told, whatever backup is put back.
 */
const numbersASecond = 2_097_152

const lifeBegan = sql`coalesce((select floor(extract(epoch from began_at))::bigint from hub_epoch order by number desc limit 1), 0)
  * ${sql.lit(numbersASecond)}::bigint`

export const readLifeBegan = async (db: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ life_began: number }>`select ${lifeBegan} as life_began`.execute(db)
  return must(rows[0], 'the beginning of this life').life_began
}

const lockHead = async (trx: Trx): Promise<{ sequence: number; lifeBegan: number }> => {
  const { rows } = await sql<{ sequence: number; life_began: number }>`
    select sequence, ${lifeBegan} as life_began from availability_head for update of availability_head`.execute(trx)
  const head = must(rows[0], 'the head of availability events')
  return { sequence: head.sequence, lifeBegan: head.life_began }
}

const takeChanges = async (trx: Trx, limit: number): Promise<{ taken: number; keys: StockKey[] }> => {
  const { rows } = await sql<StockKey>`
    delete from availability_change where change_id = any(array(select change_id from availability_change order by change_id limit ${limit}))
    returning store_id as "storeId", item_id as "itemId"`.execute(trx)
  return { taken: rows.length, keys: [...new Map(rows.map((key) => [keyText(key), key])).values()] }
}

const readTold = async (trx: Trx, keys: readonly StockKey[]): Promise<Map<string, Told>> => {
  const { rows } = await sql<StockKey & Told>`
    select store_id as "storeId", item_id as "itemId", sequence, available_milli as "availableMilli", on_hand_milli as "onHandMilli",
      reserved_milli as "reservedMilli", confidence_ppm as "confidencePpm"
    from ${keyRows(keys)} k join availability_event e using (store_id, item_id)`.execute(trx)
  return new Map(rows.map((row) => [keyText(row), row]))
}

const writeEvents = async (trx: Trx, figures: readonly Figure[], after: number, atMs: number): Promise<void> => {
  const rows = figures.map((figure, index) => ({
    ...{ store_id: figure.storeId, item_id: figure.itemId, sequence: after + 1 + index },
    ...{ available_milli: figure.availableMilli, on_hand_milli: figure.onHandMilli, reserved_milli: figure.reservedMilli },
    ...{ confidence_ppm: figure.confidencePpm, as_of: new Date(atMs).toISOString() },
    reason: explainAvailability(figure.terms, figure).slice(0, longestReason),
  }))
  await sql`
    insert into availability_event select * from json_populate_recordset(null::availability_event, ${JSON.stringify(rows)}::json)
    on conflict (store_id, item_id) do update set sequence = excluded.sequence, available_milli = excluded.available_milli,
      on_hand_milli = excluded.on_hand_milli, reserved_milli = excluded.reserved_milli, confidence_ppm = excluded.confidence_ppm,
      as_of = excluded.as_of, reason = excluded.reason`.execute(trx)
  await trx
    .updateTable('availability_head')
    .set({ sequence: after + rows.length })
    .execute()
}
