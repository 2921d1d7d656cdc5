/** What a local database holds, by table and document; a copy of it is a copy of the disk that it is on. */
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import type { Cut, StagedPage } from '#sync/store/staging-shelf.ts'
import type { FeedDoc, ParkedDoc, PositionDoc, RecordDoc, VerdictDoc } from '#sync/store/schemas.ts'

export interface Tables {
  records: Map<string, RecordDoc>
  verdicts: Map<string, VerdictDoc>
  positions: Map<string, PositionDoc>
  parked: Map<string, ParkedDoc>
  staged: Map<string, StagedPage | Cut>
  feeds: { [F in FeedName]: Map<string, FeedDoc> }
}

const feedTables = (tableOf: (feed: FeedName) => Map<string, FeedDoc>): Tables['feeds'] =>
  Object.fromEntries(feedNames.map((feed) => [feed, tableOf(feed)])) as Tables['feeds']

export const emptyTables = (): Tables => ({
  ...{ records: new Map(), verdicts: new Map(), positions: new Map(), parked: new Map(), staged: new Map() },
  feeds: feedTables(() => new Map()),
})

/** Documents are never changed in place, so that the copy may share them. */
export const copyTables = (tables: Tables): Tables => ({
  records: new Map(tables.records),
  verdicts: new Map(tables.verdicts),
  positions: new Map(tables.positions),
  parked: new Map(tables.parked),
  staged: new Map(tables.staged),
  feeds: feedTables((feed) => new Map(tables.feeds[feed])),
})
