/** The newest entries of the catalogue's feeds, for people. Stores read with readFeed. */
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { feedScope } from './feed.ts'

export type CatalogueChange = FeedEntry & { feed: FeedName; scope: string }

const catalogueFeeds: readonly FeedName[] = ['items', 'prices', 'assortment', 'settings']

export const readChanges = async (
  db: Kysely<Tables>,
  query: { feed?: FeedName | undefined; storeId?: string | undefined; limit: number },
): Promise<CatalogueChange[]> => {
  const feeds = query.feed === undefined ? catalogueFeeds : [query.feed]
  const storeId = query.storeId
  const scopes = storeId === undefined ? null : [...new Set(feeds.map((feed) => feedScope(feed, storeId)))]
  const { rows } = await sql<{
    feed: FeedName
    scope: string
    document_id: string
    checkpoint: number
    deleted: boolean
    document: string
  }>`
    select feed, scope, document_id, checkpoint, deleted, document from feed_entry
    where feed = any(${feeds}) and (${scopes}::text[] is null or scope = any(${scopes}))
    order by checkpoint desc, feed, scope limit ${query.limit}`.execute(db)
  return rows.map((row) => ({
    feed: row.feed,
    scope: row.scope,
    id: row.document_id,
    checkpoint: row.checkpoint,
    deleted: row.deleted,
    document: JSON.parse(row.document) as unknown,
  }))
}
