/** The table of prices that wait for a person: one open for each thing that it is about; what came after it makes it void. */
import { sql, type Transaction } from 'kysely'
import { resolveExceptions } from '../exception/exception.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import type { Tables } from '../storage/tables.ts'

type Trx = Transaction<Tables>

export interface HeldEntry {
  origin: 'erp' | 'operator'
  itemId: string
  about: string
  content: string
  kind: ExceptionKind
  message: string
  exceptionId: string
}

/** The open one if it says the same, else a new one in its place. */
export const holdPrice = async (trx: Trx, entry: HeldEntry): Promise<number> => {
  const { origin, itemId, about, content, kind, message, exceptionId } = entry
  const open = await trx
    .selectFrom('held_price')
    .select(['held_id', 'content'])
    .where('origin', '=', origin)
    .where('about', '=', about)
    .where('state', '=', 'open')
    .executeTakeFirst()
  if (open?.content === content) return open.held_id
  if (open) await decide(trx, [open.held_id], 'gone', null)
  const held = await trx
    .insertInto('held_price')
    .values({
      ...{ origin, item_id: itemId, about, content, kind, message, exception_id: exceptionId },
      ...{ decided_at: null, decided_by: null, decided_why: null },
    })
    .returning('held_id')
    .executeTakeFirstOrThrow()
  return held.held_id
}

export const decide = async (
  trx: Trx,
  heldIds: readonly number[],
  state: 'accepted' | 'rejected' | 'gone',
  author: { by: string; why: string } | null,
): Promise<void> => {
  if (heldIds.length === 0) return
  await trx
    .updateTable('held_price')
    .set({ state, decided_at: sql<Date>`clock_timestamp()`, decided_by: author?.by ?? null, decided_why: author?.why ?? null })
    .where('held_id', 'in', heldIds)
    .execute()
}

/** What of the ERP's is not doubtful any more: of items that were looked at, those that are not held now. */
export const voidErpHeld = async (trx: Trx, looked: readonly string[], stillHeld: readonly string[]): Promise<void> => {
  const gone = await trx
    .selectFrom('held_price')
    .select(['held_id'])
    .where('origin', '=', 'erp')
    .where('state', '=', 'open')
    .where(sql<boolean>`item_id = any(${[...looked]})`)
    .where(sql<boolean>`not item_id = any(${[...stillHeld]})`)
    .execute()
  await decide(
    trx,
    gone.map(({ held_id }) => held_id),
    'gone',
    null,
  )
}

/** A stated price was put right or withdrawn before anybody decided. */
export const voidHeld = async (trx: Trx, about: string): Promise<void> => {
  const open = await trx
    .selectFrom('held_price')
    .select(['held_id', 'exception_id'])
    .where('origin', '=', 'operator')
    .where('about', '=', about)
    .where('state', '=', 'open')
    .execute()
  await decide(
    trx,
    open.map(({ held_id }) => held_id),
    'gone',
    null,
  )
  await resolveExceptions(
    trx,
    open.map((row) => row.exception_id),
  )
}

/** Of each item the last price of the ERP's that a person refused. */
export const readRejected = async (trx: Trx): Promise<Map<string, { amountMinor: number; currency: string }>> => {
  const { rows } = await sql<{ item_id: string; amount: number; currency: string }>`
    select distinct on (item_id) item_id, (content::json ->> 'amountMinor')::bigint as amount, content::json ->> 'currency' as currency
    from held_price where origin = 'erp' and state = 'rejected' order by item_id, held_id desc`.execute(trx)
  return new Map(rows.map((row) => [row.item_id, { amountMinor: row.amount, currency: row.currency }]))
}
