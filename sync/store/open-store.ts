/**
 * Opens the store's local database: ten RxDB collections on whatever storage is given. One opener only. Each collection is its
 * own IndexedDB, so no transaction spans two: whoever writes two collections orders the writes so that a crash between is harmless.
 */
import { createRxDatabase, type RxCollection, type RxStorage } from 'rxdb/plugins/core'
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import { FeedShelf } from './feed-shelf.ts'
import { ParkedShelf } from './parked-shelf.ts'
import { PositionShelf } from './position-shelf.ts'
import { RecordShelf } from './record-shelf.ts'
import {
  feedSchemas,
  parkedSchema,
  positionSchema,
  recordSchema,
  stagedSchema,
  verdictSchema,
  type FeedDoc,
  type ParkedDoc,
  type PositionDoc,
  type RecordDoc,
  type StagedDoc,
  type VerdictDoc,
} from './schemas.ts'
import { StagingShelf } from './staging-shelf.ts'
import { VerdictShelf } from './verdict-shelf.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- RxDB's own storages differ in these parameters
export type AnyStorage = RxStorage<any, any>

type Collections = {
  records: RxCollection<RecordDoc>
  verdicts: RxCollection<VerdictDoc>
  positions: RxCollection<PositionDoc>
  parked: RxCollection<ParkedDoc>
  staged: RxCollection<StagedDoc>
} & { [F in FeedName]: RxCollection<FeedDoc> }

/** What a shelf offers, on whatever it stands. */
type Shelf<S> = Pick<S, keyof S>

export interface Store {
  records: Shelf<RecordShelf>
  verdicts: Shelf<VerdictShelf>
  positions: Shelf<PositionShelf>
  parked: Shelf<ParkedShelf>
  staging: Shelf<StagingShelf>
  feeds: { [F in FeedName]: Shelf<FeedShelf> }
  close(): Promise<void>
}

/** Frozen for ever: with the page's origin it is the address of the data. */
export const storeName = 'tideline'

export const openStore = async ({ storage, name = storeName }: { storage: AnyStorage; name?: string }): Promise<Store> => {
  const database = await createRxDatabase<Collections>({ name, storage, multiInstance: false, eventReduce: false })
  const schemas = {
    ...{ records: recordSchema, verdicts: verdictSchema, positions: positionSchema, parked: parkedSchema, staged: stagedSchema },
    ...feedSchemas,
  }
  const collections = (await database.addCollections(
    Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, { schema }])) as never,
  )) as unknown as Collections
  const feeds = Object.fromEntries(feedNames.map((feed) => [feed, new FeedShelf(collections[feed])])) as unknown as Store['feeds']
  return {
    records: new RecordShelf(collections.records),
    verdicts: new VerdictShelf(collections.verdicts),
    positions: new PositionShelf(collections.positions),
    parked: new ParkedShelf(collections.parked),
    staging: new StagingShelf(collections.staged),
    feeds,
    close: async () => {
      await database.close()
    },
  }
}
