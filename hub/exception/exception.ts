/**
 * What a person must look at [HUB7]. An exception's id is made from what it is about, so raising it twice, live or in a
 * rebuild, leaves one, and never reopens one that a person has resolved. What is observed anew each time (a price in the
 * ERP, an attempt at posting) is reported instead: that opens it again, with the newest words.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { type ExceptionKind, exceptionKinds } from './kinds.ts'

export interface HubException {
  /** `kind:what`, see exceptionId; `posting:key` and `catalogue:kind:item` where it is reported again and again. */
  exceptionId: string
  kind: ExceptionKind
  storeId: string | null
  naturalKey?: string | undefined
  recordId?: string | undefined
  itemId?: string | undefined
  message: string
  amountMinor?: number | undefined
  currency?: string | undefined
}

export const exceptionId = (kind: ExceptionKind, about: string): string => `${kind}:${about}`

/** PostgreSQL's text cannot hold NUL; it is shown as its symbol. */
export const withoutNul = (text: string): string => text.replaceAll('\u0000', '\u2400')

/** Raises each once; `db` may be the caller's transaction. Returns how many were new. */
export const raiseExceptions = (db: Kysely<Tables>, exceptions: readonly HubException[]): Promise<number> =>
  insertExceptions(db, exceptions, sql`nothing`)

/** Raises each, or opens it again as it is now. */
export const reportExceptions = async (db: Kysely<Tables>, exceptions: readonly HubException[]): Promise<void> => {
  const newest = sql`update set kind = excluded.kind, owner = excluded.owner, message = excluded.message,
    amount_minor = excluded.amount_minor, currency = excluded.currency, state = 'open', resolved_at = null`
  await insertExceptions(db, exceptions, newest)
}

const insertExceptions = async (
  db: Kysely<Tables>,
  exceptions: readonly HubException[],
  onConflict: RawBuilder<unknown>,
): Promise<number> => {
  if (exceptions.length === 0) return 0
  // The last word on each: one statement cannot update a row twice.
  const rows = [...new Map(exceptions.map((e) => [e.exceptionId, e])).values()]
    .sort((a, b) => (a.exceptionId < b.exceptionId ? -1 : 1))
    .map((e) => ({
      exception_id: withoutNul(e.exceptionId),
      kind: e.kind,
      store_id: e.storeId,
      natural_key: e.naturalKey ?? null,
      record_id: e.recordId ?? null,
      item_id: e.itemId === undefined ? null : withoutNul(e.itemId),
      message: withoutNul(e.message).slice(0, 2_000),
      amount_minor: e.amountMinor ?? null,
      currency: e.currency ?? null,
      owner: exceptionKinds[e.kind].owner,
      resolved_at: null,
    }))
  const result = await sql<{ exception_id: string }>`
    insert into exception (exception_id, kind, store_id, natural_key, record_id, item_id, message, amount_minor, currency, owner)
    select exception_id, kind, store_id, natural_key, record_id, item_id, message, amount_minor, currency, owner
    from json_to_recordset(${JSON.stringify(rows)}::json) as t(exception_id text, kind text, store_id text, natural_key text,
      record_id text, item_id text, message text, amount_minor bigint, currency text, owner text)
    on conflict (exception_id) do ${onConflict} returning exception_id`.execute(db)
  return result.rows.length
}
