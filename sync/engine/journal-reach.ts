/**
 * What the journal can say of its past. A pruned one begins behind the records that it gave up; the hub has those, or they would
 * be there still: what was pruned is acknowledged by definition.
 */
import type { JournalSource } from '#sync/core/ports.ts'
import type { RecordDoc } from '#sync/store/schemas.ts'

/** The newest seq that was pruned; 0 when the journal is whole. */
export const prunedSeqOf = async (journal: JournalSource): Promise<number> => {
  // In this order: of a journal that is empty now, an append in between must not count as pruned.
  const { seq } = await journal.head()
  const [first] = await journal.read(0, 1)
  return first ? first.seq - 1 : seq
}

export type HashAt = { reach: 'known'; hash: string } | { reach: 'beyond-end' } | { reach: 'pruned' }

/** The journal's own chain hash at `seq`. */
export const journalHashAt = async (journal: JournalSource, seq: number): Promise<HashAt> => {
  const head = await journal.head()
  if (seq >= head.seq) return seq === head.seq ? { reach: 'known', hash: head.hash } : { reach: 'beyond-end' }
  const [next] = await journal.read(seq, 1)
  return next?.seq === seq + 1 ? { reach: 'known', hash: next.previousHash } : { reach: 'pruned' }
}

/** Why the copy cannot belong to this journal, or null. Of what was pruned nothing can be said; the hub compares as well. */
export const divergenceOf = async (journal: JournalSource, last: RecordDoc | null, prunedSeq: number): Promise<string | null> => {
  if (!last || last.record.seq <= prunedSeq) return null
  const { seq, payloadHash } = last.record
  const [same] = await journal.read(seq - 1, 1)
  if (!same) return `The local database holds this journal up to ${seq}, further than the journal itself.`
  return same.seq !== seq || same.payloadHash === payloadHash ? null : `At ${seq} the local database holds another record than the journal.`
}
