/**
 * The digests of the days as they stand at a number that the hub has acknowledged: what follows is read once more and taken off again.
 * Where too much follows, the days that it touches are left out, and compared once more of it has arrived.
 */
import type { DayDigest } from '#sync/contract/comparison.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Journal } from '../journal/journal.ts'
import type { Books } from './books.ts'
import { type CountedTransaction, readCounted } from './read-record.ts'

export const mostTakenOff = 2_000
const stepRecords = 200

type Digested = { record: TidelineRecord; transaction: CountedTransaction }

const readBetween = async (journal: Pick<Journal, 'read'>, afterSeq: number, throughSeq: number): Promise<Digested[]> => {
  const found: Digested[] = []
  for (let at = afterSeq; at < throughSeq;) {
    const page = await journal.read(at, Math.min(stepRecords, throughSeq - at))
    for (const record of page) {
      const counted = record.kind === 'transaction' ? readCounted(record) : null
      if (counted?.kind === 'transaction') found.push({ record, transaction: counted.transaction })
    }
    const last = page.at(-1)
    if (!last) return found
    at = last.seq
  }
  return found
}

/** Newest day first, at most `limit`. */
export const digestsThrough = async (
  journal: Pick<Journal, 'read' | 'incarnation'>,
  books: Books,
  throughSeq: number,
  limit: number,
): Promise<DayDigest[]> => {
  const { incarnation } = journal
  const { foldedSeq } = books
  const digests = books.digests.copy()
  const isTooMuch = foldedSeq - throughSeq > mostTakenOff
  const later = isTooMuch ? [] : await readBetween(journal, throughSeq, foldedSeq)
  for (const { record, transaction } of later.reverse()) digests.takeOff(record, transaction)
  return digests.list(incarnation, (day) => books.isWhole(day) && digests.lastSeqOf(day) <= throughSeq).slice(0, limit)
}
