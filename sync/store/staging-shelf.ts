/**
 * Pages of feeds that tills do not see yet, each as it came, and the cut: how far they do from now on. The cut is one document, written
 * at once; what it names is then copied to the feeds' own shelves, again from the beginning if the agent dies meanwhile.
 */
import type { RxCollection } from 'rxdb/plugins/core'
import { z } from 'zod'
import { feedNameSchema, type FeedName } from '#sync/contract/feed.ts'
import { checkpointSchema, hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { deleteForGood, putAll, rawTableOf } from './raw-table.ts'
import type { StagedDoc } from './schemas.ts'

const pageSchema = z.object({
  feed: feedNameSchema,
  /** Where it ends. */
  checkpoint: checkpointSchema,
  epoch: hubEpochSchema.optional(),
  /** Of a feed that is read from its beginning: what no page of it has is gone. */
  anew: z.boolean(),
  /** JSON of its entries. */
  text: z.string(),
})
export type StagedPage = z.infer<typeof pageSchema>

const cutSchema = z.object({ through: z.partialRecord(feedNameSchema, checkpointSchema) })
export type Cut = z.infer<typeof cutSchema>

const cutId = 'cut'
const pageId = ({ feed, checkpoint }: Pick<StagedPage, 'feed' | 'checkpoint'>): string => `${feed}:${String(checkpoint).padStart(16, '0')}`

export class StagingShelf {
  readonly #collection: RxCollection<StagedDoc>
  /** Ends of the pages of each feed, ascending; the texts stay in the database. */
  #ends: Map<FeedName, number[]> | null = null

  constructor(collection: RxCollection<StagedDoc>) {
    this.#collection = collection
  }

  async put(page: StagedPage): Promise<void> {
    const ends = await this.#known()
    await putAll(this.#collection, [{ id: pageId(page), value: page }])
    const others = ends.get(page.feed) ?? []
    ends.set(
      page.feed,
      [...others.filter((end) => end !== page.checkpoint), page.checkpoint].toSorted((a, b) => a - b),
    )
  }

  async ends(feed: FeedName): Promise<readonly number[]> {
    return (await this.#known()).get(feed) ?? []
  }

  async page(feed: FeedName, checkpoint: number): Promise<StagedPage> {
    return pageSchema.parse(await this.#read(pageId({ feed, checkpoint })))
  }

  async last(feed: FeedName): Promise<StagedPage | null> {
    const end = (await this.ends(feed)).at(-1)
    return end === undefined ? null : this.page(feed, end)
  }

  async cut(): Promise<Cut | null> {
    const value = await this.#read(cutId)
    return value === undefined ? null : cutSchema.parse(value)
  }

  async putCut(cut: Cut): Promise<void> {
    await putAll(this.#collection, [{ id: cutId, value: cut }])
  }

  /** Forgets the cut and the pages of these feeds, at once. */
  async clear(feeds: readonly FeedName[]): Promise<void> {
    const known = await this.#known()
    const pages = feeds.flatMap((feed) => (known.get(feed) ?? []).map((checkpoint) => pageId({ feed, checkpoint })))
    await deleteForGood(this.#collection, [...pages, cutId])
    for (const feed of feeds) known.delete(feed)
  }

  async #known(): Promise<Map<FeedName, number[]>> {
    if (this.#ends) return this.#ends
    const table = await rawTableOf(this.#collection)
    const ids = table ? await table.toCollection().primaryKeys() : (await this.#collection.find().exec()).map((doc) => doc.id)
    const ends = new Map<FeedName, number[]>()
    for (const id of ids.filter((each) => each !== cutId).toSorted()) {
      const [name, checkpoint] = id.split(':')
      const feed = feedNameSchema.parse(name)
      ends.set(feed, [...(ends.get(feed) ?? []), Number(checkpoint)])
    }
    return (this.#ends ??= ends)
  }

  async #read(id: string): Promise<unknown> {
    const [doc] = await this.#collection.storageInstance.findDocumentsById([id], false)
    return doc?.value
  }
}
