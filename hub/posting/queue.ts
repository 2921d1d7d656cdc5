/**
 * The ERP outbox's rows: taking them under a lease, and writing what became of them.
 *
 * A row is taken by setting `locked_until`; that value is the holder's token, and only its holder writes the result. A row whose
 * lease ran out comes back marked abandoned. Result, feed entry for the store, and exception commit together.
 */
import { postingStateSchema } from '#sync/contract/catalogue.ts'
import { type Kysely, sql, type Transaction as DbTransaction } from 'kysely'
import { writeFeed } from '../catalogue/feed.ts'
import { reportExceptions } from '../exception/exception.ts'
import { firstReason } from '../epoch/cluster-mark.ts'
import type { Tables } from '../storage/tables.ts'
import { amountText } from './decimal.ts'
import type { NextPosting, PostingAttempt } from './policy.ts'

/** NOTIFY channel that wakes the posting workers: there are new rows, or a held one is to be tried again. */
export const postingChannel = 'tideline_posting'

export interface TakenPosting extends PostingAttempt {
  storeId: string
  payload: string
  lease: Date
}

interface TakenRow {
  posting_key: string
  store_id: string
  state: 'waiting' | 'in-doubt'
  step: string | null
  attempts: number
  amount_minor: number
  currency: string
  payload: string
  locked_until: Date
  previous_lock: Date | null
}

/** Leases end on a whole millisecond, so that the token survives the trip through a Date. */
const leaseEnd = (leaseMs: number) => sql<Date>`date_trunc('milliseconds', clock_timestamp()) + ${leaseMs} * interval '1 millisecond'`

/** A former life of the database may have asked the ERP for what this one knows nothing of; that long it may still be at it. */
const restMs = 30_000

/** A database that was put back asks nothing of the ERP at first. A new one has no life before it; one that is declared has, though it knows no other. */
const isResting = sql<boolean>`exists (
  select 1 from hub_epoch where (number > (select min(number) from hub_epoch) or reason <> ${firstReason})
    and began_at > now() - ${restMs} * interval '1 millisecond' and began_at <= now())`

/** Takes up to `limit` due rows, oldest due first; several hub processes never take the same one. None while a new epoch rests. */
export const takeDue = async (db: Kysely<Tables>, connector: string, limit: number, leaseMs: number): Promise<TakenPosting[]> => {
  const taken = await sql<TakenRow>`
    with due as (
      select posting_key, locked_until from posting
      where state in ('waiting', 'in-doubt') and connector = ${connector} and next_attempt_at <= now()
        and (locked_until is null or locked_until <= now()) and not ${isResting}
      order by next_attempt_at, posting_key
      limit ${limit} for update skip locked)
    update posting p set locked_until = ${leaseEnd(leaseMs)}, attempts = p.attempts + 1
    from due where p.posting_key = due.posting_key
    returning p.posting_key, p.store_id, p.state, p.step, p.attempts, p.amount_minor, p.currency, p.payload, p.locked_until,
      due.locked_until as previous_lock`.execute(db)
  return taken.rows.map((row) => ({
    key: row.posting_key,
    storeId: row.store_id,
    state: row.state,
    step: row.step,
    attempts: row.attempts,
    amountMinor: row.amount_minor,
    currency: row.currency,
    payload: row.payload,
    lease: row.locked_until,
    abandoned: row.previous_lock !== null,
  }))
}

/** Holds the rows for longer; a row whose lease was lost is left out of the answer. */
export const renewLeases = async (
  db: Kysely<Tables>,
  held: readonly { key: string; lease: Date }[],
  leaseMs: number,
): Promise<Map<string, Date>> => {
  if (held.length === 0) return new Map()
  const renewed = await sql<{ posting_key: string; locked_until: Date }>`
    update posting p set locked_until = ${leaseEnd(leaseMs)}
    from unnest(${held.map((h) => h.key)}::text[], ${held.map((h) => h.lease)}::timestamptz[]) as h(key, lease)
    where p.posting_key = h.key and p.locked_until = h.lease
    returning p.posting_key, p.locked_until`.execute(db)
  return new Map(renewed.rows.map((row) => [row.posting_key, row.locked_until]))
}

const exceptionIdOf = (key: string): string => `posting:${key}`

const raise = (trx: DbTransaction<Tables>, posting: TakenPosting, next: NextPosting & { state: 'held' }): Promise<void> =>
  reportExceptions(trx, [
    {
      exceptionId: exceptionIdOf(posting.key),
      kind: next.kind,
      storeId: posting.storeId,
      naturalKey: posting.key,
      message: `The ERP does not have the receipt ${posting.key.split('|').join(' / ')} over ${amountText(posting.amountMinor, posting.currency)} as it should: ${next.message}`,
      amountMinor: posting.amountMinor,
      currency: posting.currency,
    },
  ])

const resolve = (trx: DbTransaction<Tables>, key: string) =>
  trx
    .updateTable('exception')
    .set({ state: 'resolved', resolved_at: sql`now()` })
    .where('exception_id', '=', exceptionIdOf(key))
    .where('state', '=', 'open')
    .execute()

const later = (delayMs: number) => sql<Date>`now() + ${delayMs} * interval '1 millisecond'`

const columnsOf = (next: NextPosting) => {
  switch (next.state) {
    case 'posted':
      return {
        state: next.state,
        step: null,
        erp_reference: next.erpReference,
        error_code: null,
        message: null,
        posted_at: sql<Date>`now()`,
      }
    case 'held':
      return {
        state: next.state,
        step: null,
        error_code: next.code,
        message: next.message,
        ...(next.erpReference === undefined ? {} : { erp_reference: next.erpReference }),
      }
    case 'waiting':
    case 'in-doubt':
      return { state: next.state, step: next.step, error_code: next.code, message: next.message, next_attempt_at: later(next.delayMs) }
  }
}

/** Writes what became of a posting. False when its lease was lost: then nothing is written, and its new holder looks it up. */
export const settle = (db: Kysely<Tables>, posting: TakenPosting, next: NextPosting): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const updated = await trx
      .updateTable('posting')
      .set({ ...columnsOf(next), locked_until: null })
      .where('posting_key', '=', posting.key)
      .where('locked_until', '=', posting.lease)
      .executeTakeFirst()
    if (updated.numUpdatedRows === 0n) return false
    if (next.state === 'waiting' || next.state === 'in-doubt') return true
    if (next.state === 'held') await raise(trx, posting, next)
    else await resolve(trx, posting.key)
    const told =
      next.state === 'posted'
        ? { naturalKey: posting.key, state: next.state, erpReference: next.erpReference }
        : { naturalKey: posting.key, state: next.state, reason: next.message.slice(0, 1000) }
    await writeFeed(trx, 'postings', posting.storeId, [postingStateSchema.parse(told)])
    return true
  })

/** The ERP is back: what waited for it alone is due now. */
export const hasten = (db: Kysely<Tables>, connector: string) =>
  sql`update posting set next_attempt_at = now()
      where connector = ${connector} and state = 'waiting' and error_code = 'ERP_UNAVAILABLE' and next_attempt_at > now() and locked_until is null`.execute(
    db,
  )

/** A person asks for another try of a held posting. */
export const retryHeld = async (db: Kysely<Tables>, key: string): Promise<'queued' | 'not-held' | 'unknown'> => {
  const queued = await db
    .updateTable('posting')
    .set({ state: 'waiting', step: null, attempts: 0, next_attempt_at: sql`now()` })
    .where('posting_key', '=', key)
    .where('state', '=', 'held')
    .executeTakeFirst()
  if (queued.numUpdatedRows > 0n) {
    await sql`select pg_notify(${postingChannel}, '')`.execute(db)
    return 'queued'
  }
  const known = await db.selectFrom('posting').select('posting_key').where('posting_key', '=', key).executeTakeFirst()
  return known ? 'not-held' : 'unknown'
}
