/**
 * A person's word on goods that are held [MRG5]: accepted, they are in stock from then on; rejected, they stay out of it. Either ends the
 * exception. It covers what is held at that moment, stands beside what the tills said, and survives a rebuild; what comes back later asks anew.
 */
import { sql, type Transaction } from 'kysely'
import { shareProjection } from '../merge/advance.ts'
import type { Original } from '../merge/policies/return-claims.ts'
import { openMilli } from '../merge/policies/returns.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import type { JudgedItem } from './return-exceptions.ts'
import { lockTouched, readTouched } from './return-lookup.ts'
import { type JudgedOriginal, readJudged, settleReturns } from './returns.ts'

type Trx = Transaction<Tables>

export interface ReturnDecision {
  original: Original
  decision: 'accept' | 'reject'
  by: string
  why: string
}

export interface HeldItem {
  itemId: string
  soldMilli: number
  returnedMilli: number
  /** Waits for a decision. */
  openMilli: number
}

export interface HeldOriginal {
  original: Original
  items: HeldItem[]
  receipts: string[]
}

const heldItem = ({ itemId, original, judged }: JudgedItem): HeldItem => ({
  itemId,
  soldMilli: original.soldMilli,
  returnedMilli: judged.reduce((sum, { line }) => sum + line.returnedMilli, 0),
  openMilli: openMilli(original, judged),
})

const heldOf = ({ original, items }: JudgedOriginal): HeldOriginal => {
  const open = items.filter((item) => openMilli(item.original, item.judged) > 0)
  const receipts = open.flatMap(({ judged }) => judged.map(({ line }) => line.naturalKey))
  return { original, items: open.map(heldItem), receipts: [...new Set(receipts)] }
}

/** What is decided on, in order of the sales' keys. */
export const readHeld = (db: Database, { after = '', limit }: { after?: string | undefined; limit: number }): Promise<HeldOriginal[]> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql<Original>`
      select distinct c.original_store_id as "storeId", c.original_key as "naturalKey" from return_hold h
      join return_claim c using (natural_key, store_id, line_number) where c.original_key > ${after} order by 2, 1 limit ${limit}`.execute(
      trx,
    )
    return rows.length === 0 ? [] : (await readJudged(trx, rows)).map(heldOf)
  })

export const decideReturns = (db: Database, decision: ReturnDecision): Promise<HeldItem[]> =>
  retryContention(() => db.transaction().execute((trx) => decideWithin(trx, decision)))

const decideWithin = async (trx: Trx, { original, decision, by, why }: ReturnDecision): Promise<HeldItem[]> => {
  await shareProjection(trx, 'stock')
  await lockTouched(trx, [], 'alone', () => readTouched(trx, [original], []))
  const judged = await readJudged(trx, [original])
  const items = judged.map(heldOf).flatMap((each) => each.items)
  const rows = items.map(({ itemId, openMilli: quantity_milli }) => ({
    ...{ original_store_id: original.storeId, original_key: original.naturalKey, item_id: itemId },
    ...{ decision, quantity_milli, decided_by: by, reason: why },
  }))
  if (rows.length === 0) return []
  await sql`
    insert into return_decision (original_store_id, original_key, item_id, number, decision, quantity_milli, decided_by, reason)
    select g.original_store_id, g.original_key, g.item_id, 1 + (select count(*) from return_decision d
        where d.original_key = g.original_key and d.original_store_id = g.original_store_id and d.item_id = g.item_id),
      g.decision, g.quantity_milli, g.decided_by, g.reason
    from json_populate_recordset(null::return_decision, ${JSON.stringify(rows)}::json) g`.execute(trx)
  await settleReturns(trx, [original])
  return items
}
