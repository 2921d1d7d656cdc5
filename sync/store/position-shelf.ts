/** How far the outbox and each feed have come. Feeds: documents are written first, then the checkpoint. */
import type { RxCollection } from 'rxdb/plugins/core'
import { z } from 'zod'
import { type FeedName } from '#sync/contract/feed.ts'
import { checkpointSchema, hubEpochSchema, type HubEpoch } from '#sync/contract/vocabulary.ts'
import { dayUsageSchema, type Usage } from '#sync/core/day-usage.ts'
import { paceSchema, unknownPace, type Pace } from '#sync/core/traffic-pace.ts'
import type { PositionDoc } from './schemas.ts'

/** Without an epoch: no hub that names one has been met. */
const watermarkSchema = z.object({ ackedSeq: z.int().min(0), epoch: hubEpochSchema.optional() })
export type Watermark = z.infer<typeof watermarkSchema>
/** `complete`: the feed was read to its end at least once, so that what it holds is a whole. `epoch`: the hub's, where it said one. */
const feedPositionSchema = z.object({ checkpoint: checkpointSchema, complete: z.boolean(), epoch: hubEpochSchema.optional() })
export type FeedPosition = z.infer<typeof feedPositionSchema>

/** Bytes by day, the day last used last; and what transfers have shown. */
const trafficSchema = z.object({ usage: z.array(dayUsageSchema), pace: paceSchema })
export interface TrafficPosition {
  usage: Usage
  pace: Pace
}

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

  /** Begun anew when it cannot be read: it says nothing of records. */
  async traffic(): Promise<TrafficPosition> {
    return trafficSchema.catch({ usage: [], pace: unknownPace }).parse((await this.#read('traffic')) ?? {})
  }

  async putTraffic({ usage, pace }: TrafficPosition): Promise<void> {
    await this.#write('traffic', { usage, pace })
  }

  async #read(id: string): Promise<unknown> {
    const [doc] = await this.#collection.storageInstance.findDocumentsById([id], false)
    return doc?.value
  }

  async #write(id: string, value: Record<string, unknown>): Promise<void> {
    await this.#collection.incrementalUpsert({ id, value })
  }
}
