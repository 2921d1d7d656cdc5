/**
 * Pages of feeds for many stores at once. What waits while a query runs is asked together by the next one, so that a change for two
 * hundred stores costs a handful of queries; whoever has much to read gets a query of their own. A page is read in one snapshot with
 * its feed's head and the epoch, and begins after its request was made: an empty one proves that there was nothing new.
 * Entries are JSON text from the database to the wire: nothing is parsed between.
 */
import { feedGroupOf, type FeedName } from '#sync/contract/feed.ts'
import { type HubEpoch, hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'

export interface PageRequest {
  feed: FeedName
  scope: string
  after: number
  /** Entries at most. */
  limit: number
  /** UTF-8 bytes of all entries at most; the first entry always comes. */
  maxBytes: number
  /**
   * For whoever stands anywhere from `after` on: also tombstones of documents that were first written behind it. And with where the other
   * feeds of a store's group stand.
   */
  asNews?: boolean
}
export interface FeedPage {
  /** JSON text of each entry, ascending. */
  entries: string[]
  /** The last entry's; at the feed's end its head, which is less than `after` where the hub has less than it once gave. */
  checkpoint: number
  more: boolean
  epoch: HubEpoch | null
  /** Of news of a store's own feed. */
  beside: { feed: FeedName; checkpoint: number }[]
}
export interface FeedReader {
  read(request: PageRequest): Promise<FeedPage>
}

/** Who has more than so many entries to read does not hold up the others. */
const sharedEntries = 64
const sharedRequests = 256

interface Row {
  n: number
  head: number
  epoch: string | null
  document_id: string | null
  checkpoint: number
  deleted: boolean
  document: string
  beside: FeedPage['beside'] | null
}

const othersOf = (feed: FeedName): FeedName[] => feedGroupOf(feed).filter((other) => other !== feed)

/** A tombstone is for whoever may have the document: not for those who read on from before it was first written. */
const query = (requests: readonly PageRequest[], limits: readonly number[]) => sql<Row>`
  select r.n::int as n, coalesce(h.checkpoint, 0) as head, (select epoch from hub_epoch order by number desc limit 1) as epoch,
    e.document_id, e.checkpoint, e.deleted, e.document, b.beside
  from unnest(${requests.map((r) => r.feed)}::text[], ${requests.map((r) => r.scope)}::text[],
    ${requests.map((r) => r.after)}::bigint[], ${limits}::int[],
    ${requests.map((r) => r.asNews === true)}::boolean[],
    ${requests.map((r) => (r.asNews === true && r.scope !== '*' ? othersOf(r.feed).join(' ') : ''))}::text[])
    with ordinality as r(feed, scope, after, most, news, others, n)
  left join feed_head h on h.feed = r.feed and h.scope = r.scope
  left join lateral (
    select f.document_id, f.checkpoint, f.deleted, f.document from feed_entry f
    where f.feed = r.feed and f.scope = r.scope and f.checkpoint > r.after
      and case when f.deleted and not r.news and f.document ~ '^[0-9]+$' then f.document::bigint <= r.after else true end
    order by f.checkpoint limit r.most) e on true
  left join lateral (
    select json_agg(json_build_object('feed', o.feed, 'checkpoint', coalesce(oh.checkpoint, 0))) as beside
    from unnest(string_to_array(r.others, ' ')) as o(feed)
    left join feed_head oh on oh.feed = o.feed and oh.scope = case o.feed when 'items' then '*' else r.scope end) b on r.others <> ''
  order by r.n, e.checkpoint`

const entryText = (row: Row): string =>
  `{"id":${JSON.stringify(row.document_id)},"checkpoint":${row.checkpoint},"deleted":${row.deleted},"document":${row.deleted ? 'null' : row.document}}`

/** `rows`: one more than was asked for, where there is more. */
const pageOf = (request: PageRequest, rows: readonly Row[]): FeedPage => {
  const entries: string[] = []
  let bytes = 0
  let checkpoint = request.after
  const found = rows.filter((row) => row.document_id !== null)
  for (const row of found.slice(0, request.limit)) {
    const text = entryText(row)
    bytes += Buffer.byteLength(text) + 1
    if (entries.length > 0 && bytes > request.maxBytes) break
    entries.push(text)
    checkpoint = row.checkpoint
  }
  const more = entries.length < found.length
  const epoch = rows[0]?.epoch ?? null
  return {
    ...{ entries, more, checkpoint: more ? checkpoint : (rows[0]?.head ?? 0) },
    ...{ epoch: epoch === null ? null : hubEpochSchema.parse(epoch), beside: rows[0]?.beside ?? [] },
  }
}

const readPages = async (
  db: Kysely<Tables>,
  requests: readonly PageRequest[],
  most: number,
): Promise<{ page: FeedPage; rows: number }[]> => {
  const { rows } = await query(
    requests,
    requests.map(({ limit }) => Math.min(limit, most) + 1),
  ).execute(db)
  const byRequest: Row[][] = requests.map(() => [])
  for (const row of rows) byRequest[row.n - 1]?.push(row)
  return requests.map((request, index) => {
    const own = byRequest[index] ?? []
    return { page: pageOf(request, own), rows: own.length }
  })
}

interface Waiting {
  request: PageRequest
  settle(page: FeedPage | Promise<FeedPage>): void
  fail(error: unknown): void
}

/** `alone` runs what needs a query of its own, and may bound how many do so at once. */
export const createFeedReader = (db: Kysely<Tables>, alone: <T>(work: () => Promise<T>) => Promise<T>): FeedReader => {
  let waiting: Waiting[] = []
  let running = false

  const readAlone = async (request: PageRequest): Promise<FeedPage> => {
    const [read] = await alone(() => readPages(db, [request], request.limit))
    if (!read) throw new Error('a query for one page gave none')
    return read.page
  }
  const readTogether = async (batch: readonly Waiting[]): Promise<void> => {
    const read = await readPages(
      db,
      batch.map(({ request }) => request),
      sharedEntries,
    )
    for (const [index, { page, rows }] of read.entries()) {
      const one = batch[index]
      if (one) one.settle(rows > sharedEntries && one.request.limit > sharedEntries ? readAlone(one.request) : page)
    }
  }
  const run = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, sharedRequests)
      waiting = waiting.slice(sharedRequests)
      await readTogether(batch).catch((error: unknown) => {
        for (const one of batch) one.fail(error)
      })
    }
    running = false
  }
  return {
    read: (request) =>
      new Promise((settle, fail) => {
        waiting.push({ request, settle, fail })
        // In the next turn: the messages that came with this one are asked together with it.
        if (!running) void Promise.resolve().then(run)
        running = true
      }),
  }
}
