/**
 * The journal's records as RxDB keeps them, under `incarnation:seq` with the number zero-padded: key order is journal order,
 * and records of a former incarnation stay readable beside the new ones. Inserting again what is there changes nothing.
 */
import type { RxCollection } from 'rxdb/plugins/core'
import { deleteForGood, failedWrite, insertNew, rawTableOf } from './raw-table.ts'
import type { RecordDoc } from './schemas.ts'

export const recordDocId = (incarnation: string, seq: number): string => `${incarnation}:${String(seq).padStart(12, '0')}`
const beforeAll = (incarnation: string): string => `${incarnation}:`
const afterAll = (incarnation: string): string => `${incarnation}:~`

export class RecordShelf {
  readonly #collection: RxCollection<RecordDoc>

  constructor(collection: RxCollection<RecordDoc>) {
    this.#collection = collection
  }

  async insert(docs: RecordDoc[]): Promise<void> {
    if (await insertNew(this.#collection, docs)) return
    const { error } = await this.#collection.bulkInsert(docs)
    const failed = error.filter((e) => e.status !== 409 || e.documentInDb.record.payloadHash !== e.writeRow.document.record.payloadHash)
    if (failed.length > 0) throw failedWrite('records', failed)
  }

  /** Ascending, gapless from `fromSeq`, at most `limit`. */
  async range(incarnation: string, fromSeq: number, limit: number): Promise<RecordDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (table)
      return table
        .where(':id')
        .between(recordDocId(incarnation, fromSeq), recordDocId(incarnation, fromSeq + limit), true, false)
        .toArray()
    const ids = Array.from({ length: limit }, (_, i) => recordDocId(incarnation, fromSeq + i))
    const docs = await this.#collection.storageInstance.findDocumentsById(ids, false)
    return docs.toSorted((a, b) => a.record.seq - b.record.seq)
  }

  async one(incarnation: string, seq: number): Promise<RecordDoc | null> {
    return (await this.range(incarnation, seq, 1))[0] ?? null
  }

  async last(incarnation: string): Promise<RecordDoc | null> {
    const table = await rawTableOf(this.#collection)
    if (table) return (await table.where(':id').between(beforeAll(incarnation), afterAll(incarnation)).last()) ?? null
    return (await this.#descending(incarnation, {}, 1))[0] ?? null
  }

  /** Ascending from the first one kept, at most `limit`. */
  async oldest(incarnation: string, limit: number): Promise<RecordDoc[]> {
    return this.#ascending(incarnation, afterAll(incarnation), limit)
  }

  /** Ascending from the first one kept up to and including `throughSeq`, at most `limit`. */
  async oldestIds(incarnation: string, throughSeq: number, limit: number): Promise<string[]> {
    const end = recordDocId(incarnation, throughSeq + 1)
    const table = await rawTableOf(this.#collection)
    if (table) return table.where(':id').between(beforeAll(incarnation), end, true, false).limit(limit).primaryKeys()
    return (await this.#ascending(incarnation, end, limit)).map((doc) => doc.id)
  }

  async prune(ids: readonly string[]): Promise<void> {
    await deleteForGood(this.#collection, ids)
  }

  /** Newest first. */
  async newestOfKind(incarnation: string, kind: string, limit: number): Promise<RecordDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (!table) return this.#descending(incarnation, { kind }, limit)
    return table
      .where('[_deleted+kind+id]')
      .between(['0', kind, beforeAll(incarnation)], ['0', kind, afterAll(incarnation)])
      .reverse()
      .limit(limit)
      .toArray()
  }

  /** Incarnations other than this one whose records are still here, with the newest seq of each. */
  async otherIncarnations(incarnation: string): Promise<{ incarnation: string; headSeq: number }[]> {
    const others: { incarnation: string; headSeq: number }[] = []
    for (let after = ''; ;) {
      const [first] = await this.#firstAfter(after)
      if (!first) return others
      const found = first.record.incarnation
      const last = await this.last(found)
      if (found !== incarnation && last) others.push({ incarnation: found, headSeq: last.record.seq })
      after = afterAll(found)
    }
  }

  async #firstAfter(id: string): Promise<RecordDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (table) return table.where(':id').above(id).limit(1).toArray()
    const docs = await this.#collection.find({ selector: { id: { $gt: id } }, sort: [{ id: 'asc' }], limit: 1 }).exec()
    return docs.map((d) => d.toJSON() as RecordDoc)
  }

  async #ascending(incarnation: string, end: string, limit: number): Promise<RecordDoc[]> {
    const table = await rawTableOf(this.#collection)
    if (table) return table.where(':id').between(beforeAll(incarnation), end, true, false).limit(limit).toArray()
    const within = { id: { $gt: beforeAll(incarnation), $lt: end } }
    const docs = await this.#collection.find({ selector: within, sort: [{ id: 'asc' }], limit }).exec()
    return docs.map((d) => d.toJSON() as RecordDoc)
  }

  async #descending(incarnation: string, selector: Record<string, unknown>, limit: number): Promise<RecordDoc[]> {
    const within = { ...selector, id: { $gt: beforeAll(incarnation), $lt: afterAll(incarnation) } }
    const docs = await this.#collection.find({ selector: within, sort: [{ id: 'desc' }], limit }).exec()
    return docs.map((d) => d.toJSON() as RecordDoc)
  }
}
