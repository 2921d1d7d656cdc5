/** Verdicts other than `accepted`, by record. Written before the watermark passes their records. */
import type { RxCollection } from 'rxdb/plugins/core'
import { verdictSchema, type Verdict } from '#sync/contract/verdict.ts'
import { deleteForGood, failedWrite } from './raw-table.ts'
import { recordDocId } from './record-shelf.ts'
import type { VerdictDoc } from './schemas.ts'

export class VerdictShelf {
  readonly #collection: RxCollection<VerdictDoc>

  constructor(collection: RxCollection<VerdictDoc>) {
    this.#collection = collection
  }

  async put(incarnation: string, verdicts: readonly Verdict[]): Promise<void> {
    if (verdicts.length === 0) return
    const newest = new Map(verdicts.map((verdict) => [verdict.seq, { id: recordDocId(incarnation, verdict.seq), verdict }]))
    const { error } = await this.#collection.bulkUpsert([...newest.values()])
    if (error.length > 0) throw failedWrite('verdicts', error)
  }

  /** By the records' ids. */
  async prune(recordIds: readonly string[]): Promise<void> {
    await deleteForGood(this.#collection, recordIds)
  }

  async of(incarnation: string, seqs: readonly number[]): Promise<Map<number, Verdict>> {
    const ids = seqs.map((seq) => recordDocId(incarnation, seq))
    const docs = await this.#collection.storageInstance.findDocumentsById(ids, false)
    return new Map(docs.map((d) => verdictSchema.parse(d.verdict)).map((v) => [v.seq, v]))
  }
}
