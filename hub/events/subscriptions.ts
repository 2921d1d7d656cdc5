/** Who is told of availability: made, listed, deleted, given another secret, put back to hear again [AVL23]. */
import { randomBytes } from 'node:crypto'
import { type Kysely, type Selectable, sql } from 'kysely'
import { resolveExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { newSecret } from './signature.ts'
import { downExceptionId } from './subscriber-exception.ts'

export type SubscriptionRow = Selectable<Tables['subscription']>

/** Tells every process that subscriptions changed, or have something to do. */
export const subscriptionChannel = 'tideline_subscription'
const announce = sql`select pg_notify(${subscriptionChannel}, '')`

export interface SubscriptionAsk {
  url: string
  storeIds?: readonly string[] | undefined
  /** all: the present figure of each key first. */
  from: 'all' | 'now'
}

export const createSubscription = async (db: Database, { url, storeIds, from }: SubscriptionAsk): Promise<SubscriptionRow> => {
  const row = await db
    .insertInto('subscription')
    .values({
      ...{ subscription_id: `sub_${randomBytes(9).toString('base64url')}`, kind: 'webhook', url, secret: newSecret() },
      store_ids: storeIds === undefined ? null : [...storeIds],
      sequence: from === 'all' ? 0 : sql`(select sequence from availability_head)`,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await announce.execute(db)
  return row
}

/** The hub's own, by its configuration; where it stands is kept over restarts. */
export const keepSubscription = async (db: Database, subscriptionId: string, kind: string, url: string): Promise<void> => {
  await db
    .insertInto('subscription')
    .values({ subscription_id: subscriptionId, kind, url, secret: '', sequence: 0 })
    .onConflict((conflict) => conflict.column('subscription_id').doUpdateSet({ url }))
    .execute()
}

/** With how many keys each has not heard the newest of. */
export const listSubscriptions = async (db: Kysely<Tables>, subscriptionId?: string): Promise<(SubscriptionRow & { behind: number })[]> => {
  const { rows } = await sql<SubscriptionRow & { behind: number }>`
    select s.*, (select count(*) from availability_event e
      where e.sequence > s.sequence and (s.store_ids is null or e.store_id = any(s.store_ids))) as behind
    from subscription s ${subscriptionId === undefined ? sql`` : sql`where subscription_id = ${subscriptionId}`}
    order by created_at, subscription_id`.execute(db)
  return rows
}

export const deleteSubscription = async (db: Database, subscriptionId: string): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom('subscription').where('subscription_id', '=', subscriptionId).returning('subscription_id').execute()
    await resolveExceptions(trx, [downExceptionId(subscriptionId)])
    return gone.length > 0
  })

const bothForHours = 24

/** The one of before signs as well for a day, so that the receiver can take its time. Null: there is no such webhook. */
export const rotateSecret = async (db: Database, subscriptionId: string): Promise<SubscriptionRow | null> =>
  (await db
    .updateTable('subscription')
    .set((eb) => ({
      previous_secret: eb.ref('secret'),
      previous_until: sql<Date>`now() + ${bothForHours}::int * interval '1 hour'`,
      secret: newSecret(),
    }))
    .where('subscription_id', '=', subscriptionId)
    .where('kind', '=', 'webhook')
    .returningAll()
    .executeTakeFirst()) ?? null

export type Since = { afterSequence: number } | { since: string }

/**
 * Sends again the newest event of each key that changed since, at once and to one that is gone as well. Forward is not a way to go: nothing
 * is left out.
 */
export const redeliver = async (db: Database, subscriptionId: string, since: Since): Promise<boolean> => {
  const before =
    'afterSequence' in since
      ? sql<number>`${since.afterSequence}::bigint`
      : sql<number>`coalesce((select min(sequence) - 1 from availability_event where as_of >= ${since.since}::timestamptz), sequence)`
  const moved = await db
    .updateTable('subscription')
    .set({ sequence: sql<number>`least(sequence, ${before})`, state: 'active', next_attempt_at: sql<Date>`now()`, failing_since: null })
    .where('subscription_id', '=', subscriptionId)
    .returning('subscription_id')
    .execute()
  await announce.execute(db)
  return moved.length > 0
}
