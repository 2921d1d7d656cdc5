/** What was not understood and waits for a newer agent: feed documents by their place, other messages in a bounded ring. */
import type { RxCollection } from 'rxdb/plugins/core'
import type { FeedName } from '#sync/contract/feed.ts'
import { failedWrite } from './raw-table.ts'
import type { ParkedDoc } from './schemas.ts'

const ringSize = 200

export const parkedFeedId = (feed: FeedName, documentId: string): string => `feed:${feed}:${documentId}`

export class ParkedShelf {
  readonly #collection: RxCollection<ParkedDoc>
  #nextInRing = 0

  constructor(collection: RxCollection<ParkedDoc>) {
    this.#collection = collection
  }

  async put(docs: readonly ParkedDoc[]): Promise<void> {
    if (docs.length === 0) return
    const { error } = await this.#collection.bulkUpsert([...docs])
    if (error.length > 0) throw failedWrite('parked documents', error)
  }

  async putMessage(message: Omit<ParkedDoc, 'id'>): Promise<void> {
    this.#nextInRing = (this.#nextInRing % ringSize) + 1
    await this.put([{ id: `message:${this.#nextInRing}`, ...message }])
  }

  async remove(ids: readonly string[]): Promise<void> {
    const there = await this.#collection.storageInstance.findDocumentsById([...ids], false)
    if (there.length === 0) return
    const { error } = await this.#collection.bulkRemove(there.map((d) => d.id))
    if (error.length > 0) throw failedWrite('parked deletions', error)
  }

  /** Feed documents alone; they are few. */
  async count(): Promise<number> {
    return (await this.all()).filter(({ id }) => id.startsWith('feed:')).length
  }

  async all(): Promise<ParkedDoc[]> {
    return (await this.#collection.find().exec()).map((d) => d.toJSON() as ParkedDoc)
  }
}
