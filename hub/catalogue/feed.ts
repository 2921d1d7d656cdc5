/**
 * The feed's two ends in the database. Writing numbers documents under the feed's head row, whose lock is held until
 * commit: checkpoints become visible in their own order, so "all after N" never misses one (a serial would).
 */
import { feedDocumentIds, feedNames, type FeedDocument, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'

/** NOTIFY channel; the payload is `feed|scope|head`: where the feed stood before. Older gateways read the first two. */
export const feedChannel = 'tideline_feed'

/** Items are the same for every store; all else is a store's own. */
export const feedScope = (feed: FeedName, storeId: string): string => (feed === 'items' ? '*' : storeId)

const lockHead = async (trx: Transaction<Tables>, feed: FeedName, scope: string): Promise<number> => {
  await sql`insert into feed_head (feed, scope) values (${feed}, ${scope}) on conflict do nothing`.execute(trx)
  const head = await trx
    .selectFrom('feed_head')
    .select('checkpoint')
    .where('feed', '=', feed)
    .where('scope', '=', scope)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return head.checkpoint
}

const moveHead = async (trx: Transaction<Tables>, feed: FeedName, scope: string, from: number, checkpoint: number): Promise<void> => {
  await trx.updateTable('feed_head').set({ checkpoint }).where('feed', '=', feed).where('scope', '=', scope).execute()
  await sql`select pg_notify(${feedChannel}, ${`${feed}|${scope}|${from}`})`.execute(trx)
}

/**
 * Adds the documents' newest versions to a feed, within the caller's transaction. Unchanged documents are skipped.
 * Returns how many changed. Lock order: callers that write several feeds do so in the order of `feedNames`, scopes ascending.
 */
export const writeFeed = async <F extends FeedName>(
  trx: Transaction<Tables>,
  feed: F,
  scope: string,
  documents: readonly FeedDocument<F>[],
): Promise<number> => {
  if (documents.length === 0) return 0
  const head = await lockHead(trx, feed, scope)
  const newest = new Map(documents.map((d) => [feedDocumentIds[feed](d), JSON.stringify(d)]))
  const ids = [...newest.keys()]
  const known = await sql<{ document_id: string; document: string }>`
    select document_id, document from feed_entry
    where feed = ${feed} and scope = ${scope} and document_id = any(${ids}) and not deleted`.execute(trx)
  for (const row of known.rows) if (newest.get(row.document_id) === row.document) newest.delete(row.document_id)
  if (newest.size === 0) return 0
  const texts = [...newest.values()]
  await sql`
    insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select ${feed}, ${scope}, t.id, ${head}::bigint + t.ordinal, t.document
    from unnest(${[...newest.keys()]}::text[], ${texts}::text[]) with ordinality as t(id, document, ordinal)
    on conflict (feed, scope, document_id) do update
      set checkpoint = excluded.checkpoint, document = excluded.document, deleted = false, written_at = now()`.execute(trx)
  await moveHead(trx, feed, scope, head, head + newest.size)
  return newest.size
}

/**
 * Deletes documents that were written once and never again, within the caller's transaction. What is left of each is a tombstone; its
 * text is the checkpoint of the document, so that whoever had not come that far is not told of it (`feed-page.ts`).
 */
export const buryInFeed = async (trx: Transaction<Tables>, feed: FeedName, scope: string, ids: readonly string[]): Promise<number> => {
  if (ids.length === 0) return 0
  const head = await lockHead(trx, feed, scope)
  const buried = await sql`
    update feed_entry f set checkpoint = ${head}::bigint + t.ordinal, document = f.checkpoint::text, deleted = true
    from unnest(${[...ids]}::text[]) with ordinality as t(id, ordinal)
    where f.feed = ${feed} and f.scope = ${scope} and f.document_id = t.id and not f.deleted`.execute(trx)
  const count = Number(buried.numAffectedRows ?? 0n)
  // A gap where a document was gone already is harmless: checkpoints only grow.
  if (count > 0) await moveHead(trx, feed, scope, head, head + ids.length)
  return count
}

/** Entries after a checkpoint, ascending, at most `limit`. */
export const readFeed = async (db: Kysely<Tables>, feed: FeedName, scope: string, after: number, limit: number): Promise<FeedEntry[]> => {
  const rows = await db
    .selectFrom('feed_entry')
    .select(['document_id', 'checkpoint', 'deleted', 'document'])
    .where('feed', '=', feed)
    .where('scope', '=', scope)
    .where('checkpoint', '>', after)
    .orderBy('checkpoint')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.document_id,
    checkpoint: row.checkpoint,
    deleted: row.deleted,
    document: JSON.parse(row.document) as unknown,
  }))
}

export interface FeedNotification {
  feed: FeedName
  scope: string
  /** The feed's head before; null when an older hub did not say. */
  after: number | null
}

/** Parses a notification of `feedChannel`. */
export const parseFeedNotification = (payload: string): FeedNotification | null => {
  const [name, scope, head = ''] = payload.split('|', 3)
  const feed = feedNames.find((f) => f === name)
  return feed && scope ? { feed, scope, after: /^[0-9]{1,15}$/.test(head) ? Number(head) : null } : null
}
