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

/** Where each feed stands; their rows stay locked until the transaction ends. */
const lockHeads = async (trx: Transaction<Tables>, feed: FeedName, scopes: readonly string[]): Promise<Map<string, number>> => {
  const { rows } = await sql<{ scope: string; checkpoint: number }>`
    insert into feed_head (feed, scope) select ${feed}, s from unnest(${[...scopes].toSorted()}::text[]) with ordinality as t(s, place) order by place
    on conflict (feed, scope) do update set checkpoint = feed_head.checkpoint returning scope, checkpoint`.execute(trx)
  return new Map(rows.map(({ scope, checkpoint }) => [scope, checkpoint]))
}

interface MovedHead {
  scope: string
  from: number
  to: number
}

const moveHeads = async (trx: Transaction<Tables>, feed: FeedName, moved: readonly MovedHead[]): Promise<void> => {
  await sql`
    with moved as (
      update feed_head h set checkpoint = t.head from unnest(${moved.map(({ scope }) => scope)}::text[], ${moved.map(({ to }) => to)}::bigint[]) as t(scope, head)
      where h.feed = ${feed} and h.scope = t.scope)
    select pg_notify(${feedChannel}, t.payload) from unnest(${moved.map(({ scope, from }) => `${feed}|${scope}|${from}`)}::text[]) as t(payload)`.execute(
    trx,
  )
}

/**
 * Adds the documents' newest versions to a feed, within the caller's transaction. Unchanged documents are skipped.
 * Returns how many changed. Lock order: callers that write several feeds do so in the order of `feedNames`, scopes ascending.
 */
export const writeFeed = <F extends FeedName>(
  trx: Transaction<Tables>,
  feed: F,
  scope: string,
  documents: readonly FeedDocument<F>[],
): Promise<number> => writeFeeds(trx, feed, new Map([[scope, documents]]))

/** The same of many scopes, in as many statements as for one. */
export const writeFeeds = async <F extends FeedName>(
  trx: Transaction<Tables>,
  feed: F,
  byScope: ReadonlyMap<string, readonly FeedDocument<F>[]>,
): Promise<number> => {
  const given = [...byScope].flatMap(([scope, documents]) => {
    const newest = new Map(documents.map((d) => [feedDocumentIds[feed](d), JSON.stringify(d)]))
    return [...newest].map(([id, text]) => ({ scope, id, text }))
  })
  if (given.length === 0) return 0
  const heads = await lockHeads(trx, feed, [...new Set(given.map(({ scope }) => scope))])
  // Looked up one by one: a planner that knows nothing of the table would read all of it.
  const { rows: known } = await sql<{ place: number }>`
    select t.place::int as place from unnest(${given.map(({ scope }) => scope)}::text[], ${given.map(({ id }) => id)}::text[], ${given.map(({ text }) => text)}::text[])
      with ordinality as t(scope, id, document, place)
    cross join lateral (select from feed_entry f where f.feed = ${feed} and f.scope = t.scope and f.document_id = t.id
      and f.document = t.document and not f.deleted limit 1) f`.execute(trx)
  const unchanged = new Set(known.map(({ place }) => place - 1))
  const ends = new Map(heads)
  const changed = given
    .filter((_, place) => !unchanged.has(place))
    .map((each) => {
      const checkpoint = (ends.get(each.scope) ?? 0) + 1
      ends.set(each.scope, checkpoint)
      return { ...each, checkpoint }
    })
  if (changed.length === 0) return 0
  await sql`
    insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select ${feed}, t.scope, t.id, t.checkpoint, t.document
    from unnest(${changed.map(({ scope }) => scope)}::text[], ${changed.map(({ id }) => id)}::text[],
      ${changed.map(({ checkpoint }) => checkpoint)}::bigint[], ${changed.map(({ text }) => text)}::text[]) as t(scope, id, checkpoint, document)
    on conflict (feed, scope, document_id) do update
      set checkpoint = excluded.checkpoint, document = excluded.document, deleted = false, written_at = now()`.execute(trx)
  await moveHeads(trx, feed, movedHeads(heads, ends))
  return changed.length
}

const movedHeads = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): MovedHead[] =>
  [...after].flatMap(([scope, to]) => (to === before.get(scope) ? [] : [{ scope, from: before.get(scope) ?? 0, to }]))

/**
 * Deletes documents that were written once and never again, within the caller's transaction. What is left of each is a tombstone; its
 * text is the checkpoint of the document, so that whoever had not come that far is not told of it (`feed-page.ts`).
 */
export const buryInFeed = (trx: Transaction<Tables>, feed: FeedName, scope: string, ids: readonly string[]): Promise<number> =>
  buryInFeeds(trx, feed, new Map([[scope, ids]]))

/** The same in many scopes, in as many statements as in one. */
export const buryInFeeds = async (
  trx: Transaction<Tables>,
  feed: FeedName,
  byScope: ReadonlyMap<string, readonly string[]>,
): Promise<number> => {
  const given = [...byScope].flatMap(([scope, ids]) => ids.map((id) => ({ scope, id })))
  if (given.length === 0) return 0
  const heads = await lockHeads(trx, feed, [...new Set(given.map(({ scope }) => scope))])
  const { rows: buried } = await sql<{ scope: string; checkpoint: number }>`
    update feed_entry f set checkpoint = h.checkpoint + t.ordinal, document = f.checkpoint::text, deleted = true
    from unnest(${given.map(({ scope }) => scope)}::text[], ${given.map(({ id }) => id)}::text[]) with ordinality as t(scope, id, ordinal)
    join feed_head h on h.feed = ${feed} and h.scope = t.scope
    where f.feed = ${feed} and f.scope = t.scope and f.document_id = t.id and not f.deleted returning f.scope, f.checkpoint`.execute(trx)
  if (buried.length === 0) return 0
  // A gap is harmless where a document was gone already or is another scope's: checkpoints only grow.
  const ends = new Map<string, number>()
  for (const { scope, checkpoint } of buried) ends.set(scope, Math.max(checkpoint, ends.get(scope) ?? 0))
  await moveHeads(trx, feed, movedHeads(heads, ends))
  return buried.length
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
