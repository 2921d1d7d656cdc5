/** Rulings in the database: made once, decided once where they waited for a person, kept for ever with both sides. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { exceptionId, type HubException, raiseExceptions, resolveExceptions } from '../exception/exception.ts'
import type { Tables } from '../storage/tables.ts'

type Trx = Transaction<Tables>
export type NewRuling = Omit<Tables['override_ruling'], 'ruled_at' | 'decided_winner' | 'decided_reason' | 'decided_basis' | 'decided_at'>
export type RulingRow = Omit<Tables['override_ruling'], 'ruled_at'> & { ruled_at: Date }

export const ruled = async (db: Kysely<Tables>, rulingIds: readonly string[]): Promise<Set<string>> => {
  if (rulingIds.length === 0) return new Set()
  const rows = await db.selectFrom('override_ruling').select('ruling_id').where('ruling_id', 'in', rulingIds).execute()
  return new Set(rows.map((row) => row.ruling_id))
}

/** `message` is what the exception says where a person is to decide. */
export const makeRuling = async (trx: Trx, ruling: NewRuling, message: string): Promise<void> => {
  await trx.insertInto('override_ruling').values(ruling).execute()
  if (ruling.winner === 'person') await raiseExceptions(trx, [exceptionOf(ruling, message)])
}

const exceptionOf = ({ ruling_id, store_id, item_id }: NewRuling, message: string): HubException => ({
  exceptionId: exceptionId('OVERRIDE_CONFLICT', ruling_id),
  kind: 'OVERRIDE_CONFLICT',
  storeId: store_id,
  itemId: item_id,
  message,
})

export interface Decision {
  winner: 'store' | 'centre'
  basis: 'person' | 'time'
  reason: string
}

/** False where it waits for nobody any more. */
export const decideRuling = async (trx: Trx, rulingId: string, { winner, basis, reason }: Decision): Promise<boolean> => {
  const decided = await trx
    .updateTable('override_ruling')
    .set({ decided_winner: winner, decided_basis: basis, decided_reason: reason, decided_at: sql`now()` })
    .where('ruling_id', '=', rulingId)
    .where('winner', '=', 'person')
    .where('decided_winner', 'is', null)
    .executeTakeFirst()
  if (decided.numUpdatedRows === 0n) return false
  await resolveExceptions(trx, [exceptionId('OVERRIDE_CONFLICT', rulingId)])
  return true
}

export const readRuling = (db: Kysely<Tables>, rulingId: string): Promise<RulingRow | undefined> =>
  db.selectFrom('override_ruling').selectAll().where('ruling_id', '=', rulingId).executeTakeFirst()
