/**
 * What a person must look at [HUB7]. An exception's id is made from what it is about, so raising it twice, live or in a
 * rebuild, leaves one, and never reopens one that a person has resolved. What is observed anew each time (a price in the
 * ERP, an attempt at posting) is reported instead: that opens it again, with the newest words.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { type ExceptionKind, exceptionKinds } from './kinds.ts'
import { withoutNul } from '../storage/storable.ts'

export interface Place {
  workstationId?: string | undefined
  businessDay?: string | undefined
  sequenceNumber?: number | undefined
}

export interface HubException {
  /** `kind:what`, see exceptionId; `posting:key` and `catalogue:kind:item` where it is reported again and again. */
  exceptionId: string
  kind: ExceptionKind
  storeId: string | null
  naturalKey?: string | undefined
  recordId?: string | undefined
  itemId?: string | undefined
  /** Where it is; without it, where the natural key says. */
  place?: Place | undefined
  message: string
  amountMinor?: number | undefined
  currency?: string | undefined
}

export const exceptionId = (kind: ExceptionKind, about: string): string => `${kind}:${about}`

/** Till, day and number of a natural key. The store in front of it is known, so that a "|" in its number does no harm. */
export const placeOfKey = (storeId: string | null, naturalKey: string | undefined): Place => {
  const [, workstationId, businessDay, number] =
    /^(.+)\|(\d{4}-\d\d-\d\d)\|(\d{1,15})$/.exec(naturalKey?.slice((storeId ?? '').length + 1) ?? '') ?? []
  return number === undefined ? {} : { workstationId, businessDay, sequenceNumber: Number(number) }
}

/** Raises each once; `db` may be the caller's transaction. Returns how many were new. */
export const raiseExceptions = (db: Kysely<Tables>, exceptions: readonly HubException[]): Promise<number> =>
  insertExceptions(db, exceptions, sql`nothing`)

/** Raises each, or opens it again as it is now. */
export const reportExceptions = async (db: Kysely<Tables>, exceptions: readonly HubException[]): Promise<void> => {
  const newest = sql`update set kind = excluded.kind, owner = excluded.owner, message = excluded.message,
    amount_minor = excluded.amount_minor, currency = excluded.currency, workstation_id = excluded.workstation_id,
    business_day = excluded.business_day, sequence_number = excluded.sequence_number, state = 'open', resolved_at = null`
  await insertExceptions(db, exceptions, newest)
}

/** What was reported has ended by itself. */
export const resolveExceptions = async (db: Kysely<Tables>, exceptionIds: readonly string[]): Promise<void> => {
  if (exceptionIds.length === 0) return
  await db
    .updateTable('exception')
    .set({ state: 'resolved', resolved_at: sql`now()` })
    .where('exception_id', 'in', exceptionIds)
    .where('state', '=', 'open')
    .execute()
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
    .map(exceptionRow)
  const result = await sql<{ exception_id: string }>`
    insert into exception (${columns}) select ${columns} from json_populate_recordset(null::exception, ${JSON.stringify(rows)}::json)
    on conflict (exception_id) do ${onConflict} returning exception_id`.execute(db)
  return result.rows.length
}

const columns = sql.raw(
  `exception_id, kind, store_id, natural_key, record_id, item_id, workstation_id, business_day, sequence_number, message, amount_minor,
   currency, owner, state`,
)

/** A row as it is inserted, but for `created_at`. */
export const exceptionRow = (e: HubException) => {
  const place = e.place ?? placeOfKey(e.storeId, e.naturalKey)
  return {
    exception_id: withoutNul(e.exceptionId),
    kind: e.kind,
    store_id: e.storeId,
    natural_key: e.naturalKey ?? null,
    record_id: e.recordId ?? null,
    item_id: e.itemId === undefined ? null : withoutNul(e.itemId),
    workstation_id: place.workstationId ?? null,
    business_day: place.businessDay ?? null,
    sequence_number: place.sequenceNumber ?? null,
    message: withoutNul(e.message).slice(0, 2_000),
    amount_minor: e.amountMinor ?? null,
    currency: e.currency ?? null,
    owner: exceptionKinds[e.kind].owner,
    state: 'open' as 'open' | 'resolved',
  }
}
