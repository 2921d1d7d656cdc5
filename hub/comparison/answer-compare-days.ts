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

export const answerCompareDays: Request = async ({ db, log, limit }, peer, message): Promise<UpResponse<'compareDays'>> => {
  const parsed = compareDaysSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a comparison of at most 31 business days')
  try {
    const examined = await limit.run(() => compare(db, peer, parsed.data.days))
    return { outcome: 'compared', days: examined.map(answerOf) }
  } catch (error) {
    return refuseError(error, log)
  }
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
