/**
 * Request `compareDays` [TRN22]: what a life of the peer's own journal holds of business days, against the log and what counts of it.
 * Nothing that the store says changes log or sums; it is noted, and what does not fit becomes an exception.
 */
import { type ComparedDay, compareDaysSchema, type DayDigest } from '#sync/contract/comparison.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { refuse, refuseError } from '../gateway/answer.ts'
import type { Request } from '../gateway/request.ts'
import type { Peer } from '../gateway/session.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import { type ExaminedDay, examineDays } from './examined-days.ts'
import { noteComparisons } from './noted-comparisons.ts'

const mostRecords = 1_000_000

export const answerCompareDays: Request = async ({ db, log, limit }, peer, message): Promise<UpResponse<'compareDays'>> => {
  const parsed = compareDaysSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a comparison of at most 31 business days')
  const flaw = flawOf(parsed.data.days)
  if (flaw !== null) return refuse('INVALID', flaw)
  try {
    const examined = await limit.run(() => compare(db, peer, parsed.data.days))
    return { outcome: 'compared', days: examined.map(answerOf) }
  } catch (error) {
    return refuseError(error, log)
  }
}

/** What a store's own days never are: it keeps one message from having the log read again and again. */
const flawOf = (days: readonly DayDigest[]): string | null => {
  const apart = days.every(({ spans }) =>
    spans.every(({ fromSeq, toSeq }, index) => fromSeq <= toSeq && fromSeq > (spans[index - 1]?.toSeq ?? 0)),
  )
  if (!apart) return 'the spans of a day are ascending and apart from each other'
  const lengths = days.map(({ spans }) => spans.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0))
  if (days.some(({ count }, index) => count !== lengths[index])) return 'the spans of a day hold its transactions and no other record'
  const records = lengths.reduce((sum, each) => sum + each, 0)
  return records > mostRecords ? `at most ${mostRecords} records are compared at once` : null
}

const compare = async (db: Database, peer: Peer, days: readonly DayDigest[]): Promise<ExaminedDay[]> => {
  const examined = await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((trx) => examineDays(trx, peer.deviceId, days))
  await retryContention(() => db.transaction().execute((trx) => noteComparisons(trx, peer, examined)))
  return examined
}

const answerOf = ({ day: { businessDay }, judged }: ExaminedDay): ComparedDay => ({
  businessDay,
  outcome: judged.outcome,
  wanted: judged.outcome === 'lacks' ? judged.wanted : [],
})
