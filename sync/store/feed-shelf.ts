/** One feed's documents, newest version each, in an envelope with the checkpoint that brought them. Writing again is harmless. */
import type { RxCollection } from 'rxdb/plugins/core'
import { deleteForGood, isLive, putAll, type RawTable, rawTableOf } from './raw-table.ts'
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

  /** Ascending by id, behind `afterId`; '' begins. */
  async page(afterId: string, limit: number): Promise<FeedDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (table) return this.#livePage(table, afterId, limit)
    const docs = await this.#collection.find({ selector: { id: { $gt: afterId } }, sort: [{ id: 'asc' }], limit }).exec()
    return docs.map((d) => d.toJSON() as FeedDoc)
  }

  /** RxDB keeps deleted documents as marked rows: a page is full of others, or the last. */
  async #livePage(table: RawTable<FeedDoc>, afterId: string, limit: number): Promise<FeedDoc[]> {
    const found: FeedDoc[] = []
    for (let after = afterId; found.length < limit;) {
      const rows = await table.where(':id').above(after).limit(limit).toArray()
      found.push(...rows.filter(isLive))
      const last = rows.at(-1)
      if (!last || rows.length < limit) break
      after = last.id
    }
    return found
  }

  /** Only where the schema indexes `state`. RxDB would answer from memory: it hears of no raw write. */
  async countOfState(state: string): Promise<number> {
    const table = await rawTableOf(this.#collection)
    if (table) return table.where('[_deleted+state+id]').between(['0', state, ''], ['0', state, '\uffff']).count()
    return this.#collection.count({ selector: { state } }).exec()
  }
}
