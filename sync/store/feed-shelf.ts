/** One feed's documents, newest version each, in an envelope with the checkpoint that brought them. Writing again is harmless. */
import type { RxCollection } from 'rxdb/plugins/core'
import { deleteForGood, isLive, putAll, rawTableOf } from './raw-table.ts'
import type { FeedDoc } from './schemas.ts'

export class FeedShelf {
  readonly #collection: RxCollection<FeedDoc>

  constructor(collection: RxCollection<FeedDoc>) {
    this.#collection = collection
  }

  /** All of them or none. */
  async put(docs: readonly FeedDoc[]): Promise<void> {
    await putAll(this.#collection, docs)
  }

  /** All of them or none. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await deleteForGood(this.#collection, ids)
  }

  async of(ids: readonly string[]): Promise<FeedDoc[]> {
    return this.#collection.storageInstance.findDocumentsById([...ids], false)
  }

  async all(): Promise<FeedDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (table) return (await table.toArray()).filter(isLive)
    return (await this.#collection.find().exec()).map((d) => d.toJSON() as FeedDoc)
  }

  /** Only where the schema indexes `state`. */
  async countOfState(state: string): Promise<number> {
    return this.#collection.count({ selector: { state } }).exec()
  }
}
