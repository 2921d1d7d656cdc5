/** Request `compareFeed` [TRN23]: count and digest of ranges of a feed, in the peer's own scope, of entries that are not deleted. */
import { compareFeedSchema } from '#sync/contract/comparison.ts'
import { digestSchema } from '#sync/contract/vocabulary.ts'
import type { UpRequest, UpResponse } from '#sync/contract/up.ts'
import { sql } from 'kysely'
import { feedScope } from '../catalogue/feed.ts'
import { refuse, refuseError } from '../gateway/answer.ts'
import type { Request } from '../gateway/request.ts'
import type { Database } from '../storage/database.ts'

export const answerCompareFeed: Request = async ({ db, log, limit }, peer, message): Promise<UpResponse<'compareFeed'>> => {
  const parsed = compareFeedSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a comparison of at most 64 ranges of a feed that this hub has')
  const { feed, ranges } = parsed.data
  // Ranges that lie in each other would have the feed read again and again.
  if (ranges.some(({ after }, index) => after < (ranges[index - 1]?.through ?? 0)))
    return refuse('INVALID', 'the ranges of a feed are ascending and apart from each other')
  try {
    return { outcome: 'compared', ranges: await limit.run(() => digestRanges(db, feed, feedScope(feed, peer.storeId), ranges)) }
  } catch (error) {
    return refuseError(error, log)
  }
}

type FeedCompared = Extract<UpResponse<'compareFeed'>, { outcome: 'compared' }>

/** A document stands in the table as `JSON.stringify` wrote it: what is hashed is `feedEntryText`, byte for byte. */
const digestRanges = async (
  db: Database,
  feed: string,
  scope: string,
  ranges: UpRequest<'compareFeed'>['ranges'],
): Promise<FeedCompared['ranges']> => {
  const { rows } = await sql<{ count: number; digest: string }>`
    select r.count::int as count, lpad(to_hex(r.bits), 16, '0') as digest
    from unnest(${ranges.map(({ after }) => after)}::bigint[], ${ranges.map(({ through }) => through)}::bigint[])
      with ordinality as asked(after, through, place)
    cross join lateral (
      select count(*) as count, coalesce(bit_xor(('x' || left(encode(
        sha256(convert_to(document_id || chr(10) || checkpoint || chr(10) || document, 'UTF8')), 'hex'), 16))::bit(64)::bigint), 0) as bits
      from feed_entry where feed = ${feed} and scope = ${scope} and checkpoint > asked.after and checkpoint <= asked.through and not deleted) r
    order by asked.place`.execute(db)
  return rows.map(({ count, digest }) => ({ count, digest: digestSchema.parse(digest) }))
}
