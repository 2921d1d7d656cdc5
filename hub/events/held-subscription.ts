/**
 * One process delivers to a subscriber at a time: it holds the subscription for a while, longer than an attempt may take. What is written
 * here need not outlive a crash of the database, but for what a person is told: what was sent is sent again.
 */
import { type Kysely, sql } from 'kysely'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'
import { hurriedCommit } from '../storage/hurried-commit.ts'
import type { Tables } from '../storage/tables.ts'
import type { Sent, Standing } from './standing.ts'
import { downException, downExceptionId } from './subscriber-exception.ts'
import type { SubscriptionRow } from './subscriptions.ts'
import type { AvailabilityEventRow } from './tables.ts'

export const attemptTimeoutMs = 10_000
const holdMs = 3 * attemptTimeoutMs
const hold = sql<Date>`now() + ${sql.lit(holdMs)}::int * interval '1 millisecond'`

export interface Held {
  row: SubscriptionRow
  /** Up to which every event was visible when the subscription was read. */
  head: number
  atMs: number
}

type HeldRow = SubscriptionRow & { head: number; at: Date }
const heldOf = (row: HeldRow): Held => ({ row, head: row.head, atMs: row.at.getTime() })
const headNow = sql`(select sequence from availability_head) as head, now() as at`

/** Takes it where nobody holds it and an attempt is due. */
export const takeHold = async (db: Database, subscriptionId: string, holder: string): Promise<Held | null> => {
  const { rows } = await sql<HeldRow>`
    with hurried as materialized (${hurriedCommit})
    update subscription s set holder = ${holder}, held_until = ${hold} from hurried
    where s.subscription_id = ${subscriptionId} and s.state <> 'gone' and s.next_attempt_at <= now()
      and (s.holder is null or s.holder = ${holder} or s.held_until <= now())
    returning s.*, ${headNow}`.execute(db)
  return rows[0] === undefined ? null : heldOf(rows[0])
}

/** Where it is held already, with time enough for an attempt. */
export const readHeld = async (db: Database, subscriptionId: string, holder: string): Promise<Held | null> => {
  const { rows } = await sql<HeldRow>`
    select s.*, ${headNow} from subscription s where s.subscription_id = ${subscriptionId} and s.holder = ${holder} and s.state <> 'gone'
      and s.held_until > now() + ${attemptTimeoutMs * 1.5} * interval '1 millisecond' and s.next_attempt_at <= now()`.execute(db)
  return rows[0] === undefined ? null : heldOf(rows[0])
}

/** The next events, the newest of each key, in the order of their numbers; `through` is what it has once they are delivered. */
export const readNext = async (
  db: Kysely<Tables>,
  { row, head }: Held,
  limit: number,
): Promise<{ events: AvailabilityEventRow[]; through: number }> => {
  if (head <= row.sequence) return { events: [], through: row.sequence }
  const { rows: events } = await sql<AvailabilityEventRow>`
    select * from availability_event where sequence > ${row.sequence} ${row.store_ids === null ? sql`` : sql`and store_id = any(${row.store_ids}::text[])`}
    order by sequence limit ${limit}`.execute(db)
  const last = events.at(-1)?.sequence ?? 0
  return { events, through: events.length < limit ? Math.max(head, last) : last }
}

/** Nothing is written where the subscription was put back, or taken over, meanwhile. */
export const settleDelivered = async (db: Database, held: Held, through: number, isSent: boolean): Promise<void> => {
  if (!isSent || held.row.failures === 0) return moveOn(db, held, through, isSent)
  await db.transaction().execute(async (trx) => {
    await moveOn(trx, held, through, isSent)
    await resolveExceptions(trx, [downExceptionId(held.row.subscription_id)])
  })
}

const moveOn = async (db: Kysely<Tables>, { row }: Held, through: number, isSent: boolean): Promise<void> => {
  await sql`
    with hurried as materialized (${hurriedCommit})
    update subscription s set sequence = ${through}, held_until = ${hold}
      ${isSent ? sql`, state = 'active', failures = 0, failing_since = null, last_error = null, delivered_at = now()` : sql``} from hurried
    where s.subscription_id = ${row.subscription_id} and s.holder = ${row.holder} and s.sequence = ${row.sequence}`.execute(db)
}

export const settleFailed = async (
  db: Database,
  { row }: Held,
  standing: Standing,
  delayMs: number,
  { message }: Exclude<Sent, { outcome: 'delivered' }>,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('subscription')
      .set({
        ...{ state: standing.state, failures: standing.failures, last_error: message.slice(0, 500), held_until: hold },
        failing_since: standing.failingSinceMs === null ? null : new Date(standing.failingSinceMs),
        next_attempt_at: sql<Date>`now() + ${Math.round(delayMs)}::int * interval '1 millisecond'`,
      })
      .where('subscription_id', '=', row.subscription_id)
      .where('holder', '=', row.holder)
      .executeTakeFirst()
    if (numUpdatedRows === 0n || standing.state === 'active') return
    await reportExceptions(trx, [downException({ subscriptionId: row.subscription_id, ...row }, standing, message)])
  })

/** So that another process need not wait until it is not held any more. */
export const letGo = async (db: Database, holder: string): Promise<void> => {
  await db.updateTable('subscription').set({ holder: null, held_until: null }).where('holder', '=', holder).execute()
}
