/**
 * Which sales are felt when receipts arrive or their lines move at last: those that they return from or cancel, they themselves where somebody
 * returned from them before, and the sales behind a return that is cancelled. And in which stores' ledgers.
 *
 * Whoever claims a sale holds the lock of that sale's store alone, whoever sells holds it shared [MRG3]: two that belong together never pass
 * each other unseen. Locks are taken in the order of the stores' names; so it is asked before they are taken, and again afterwards.
 */
import { sql, type Transaction } from 'kysely'
import type { Original } from '../merge/policies/return-claims.ts'
import type { Tables } from '../storage/tables.ts'
import { lockStock } from './balance.ts'
import type { ReturnClaimRow } from './tables.ts'

type Trx = Transaction<Tables>

export interface Receipt {
  storeId: string
  naturalKey: string
}

export interface Touched {
  originals: Original[]
  /** Whose ledgers may change, in order. */
  storeIds: string[]
}

interface TouchedRow {
  store_id: string
  natural_key: string
  claimants: string[] | null
}

/** `claims` are those that are not in the database yet. */
export const readTouched = async (trx: Trx, receipts: readonly Receipt[], claims: readonly ReturnClaimRow[]): Promise<Touched> => {
  if (receipts.length === 0) return { originals: [], storeIds: [] }
  const { rows } = await sql<TouchedRow>`
    with receipt as materialized (
      select distinct r."storeId" as store_id, r."naturalKey" as natural_key
      from json_to_recordset(${JSON.stringify(receipts)}::json) as r ("storeId" text, "naturalKey" text)),
    direct as materialized (
      select original_store_id as store_id, original_key as natural_key from json_populate_recordset(null::return_claim, ${JSON.stringify(claims)}::json)
      union select c.original_store_id, c.original_key from receipt r join return_claim c using (natural_key, store_id)
      union select r.store_id, r.natural_key from receipt r
        where exists (select from return_claim c where c.original_key = r.natural_key and c.original_store_id = r.store_id)),
    touched as (
      select * from direct
      union select c.original_store_id, c.original_key from direct d join return_claim c using (natural_key, store_id))
    select t.*, (select array_agg(distinct c.store_id) from return_claim c
      where c.original_key = t.natural_key and c.original_store_id = t.store_id) as claimants
    from touched t order by 1, 2`.execute(trx)
  const stores = rows.length === 0 ? [] : [...receipts.map(({ storeId }) => storeId), ...rows.map((row) => row.store_id)]
  return {
    originals: rows.map((row) => ({ storeId: row.store_id, naturalKey: row.natural_key })),
    storeIds: [...new Set([...stores, ...rows.flatMap(({ claimants }) => claimants ?? [])])].sort(),
  }
}

/** Somebody claimed one of the sales meanwhile: the whole transaction once more, which then finds it before it locks. */
const passedEachOther = (): Error => Object.assign(new Error('a return arrived between look and lock'), { code: '40001' })

/** Locks the receipts' own stores as asked, and alone whatever else may be felt. Returns what is touched, which nobody can add to now. */
export const lockTouched = async (
  trx: Trx,
  own: Iterable<string>,
  how: 'shared' | 'alone',
  look: () => Promise<Touched>,
): Promise<Original[]> => {
  const before = await look()
  const isTouched = before.originals.length > 0
  const locked = new Set([...own, ...before.storeIds])
  await lockStock(trx, locked, isTouched ? 'alone' : how)
  const after = await look()
  const isCovered = after.storeIds.every((storeId) => locked.has(storeId)) && (isTouched || after.originals.length === 0)
  if (!isCovered) throw passedEachOther()
  return after.originals
}
