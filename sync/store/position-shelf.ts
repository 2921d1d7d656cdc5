/** How far the outbox and each feed have come. Feeds: documents are written first, then the checkpoint. */
import type { RxCollection } from 'rxdb/plugins/core'
import { z } from 'zod'
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import { checkpointSchema, hubEpochSchema, type HubEpoch } from '#sync/contract/vocabulary.ts'
import type { PositionDoc } from './schemas.ts'

/** Without an epoch: no hub that names one has been met. */
const watermarkSchema = z.object({ ackedSeq: z.int().min(0), epoch: hubEpochSchema.optional() })
export type Watermark = z.infer<typeof watermarkSchema>
/** `complete`: the feed was read to its end at least once, so that what it holds is a whole. */
const feedPositionSchema = z.object({ checkpoint: checkpointSchema, complete: z.boolean() })
export type FeedPosition = z.infer<typeof feedPositionSchema>

export class PositionShelf {
  readonly #collection: RxCollection<PositionDoc>

  constructor(collection: RxCollection<PositionDoc>) {
    this.#collection = collection
  }

  async ackedSeq(incarnation: string): Promise<number> {
    return (await this.watermark(incarnation)).ackedSeq
  }

  /** How far the hub acknowledged this journal, and in which epoch of the hub's data. */
  async watermark(incarnation: string): Promise<Watermark> {
    return watermarkSchema.parse((await this.#read(`outbox:${incarnation}`)) ?? { ackedSeq: 0 })
  }

  /** One write: a watermark never stands beside another epoch than its own. */
  async putWatermark(incarnation: string, ackedSeq: number, epoch?: HubEpoch): Promise<void> {
    await this.#write(`outbox:${incarnation}`, { ackedSeq, ...(epoch === undefined ? {} : { epoch }) })
  }

  async feed(feed: FeedName): Promise<FeedPosition> {
    return feedPositionSchema.parse((await this.#read(`feed:${feed}`)) ?? { checkpoint: 0, complete: false })
  }

  async putFeed(feed: FeedName, position: FeedPosition): Promise<void> {
    await this.#write(`feed:${feed}`, position)
  }

  /** What was read is of a former life of the hub's data: each feed is read from its beginning, and is as whole meanwhile as it was. */
  async restartFeeds(): Promise<void> {
    for (const feed of feedNames) await this.putFeed(feed, { ...(await this.feed(feed)), checkpoint: 0 })
  }

  async #read(id: string): Promise<unknown> {
    const [doc] = await this.#collection.storageInstance.findDocumentsById([id], false)
    return doc?.value
  }

  async #write(id: string, value: Record<string, unknown>): Promise<void> {
    await this.#collection.incrementalUpsert({ id, value })
  }
}
