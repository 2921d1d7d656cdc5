/** One page of a feed; the store reads only its own scope, whatever it asks for. */
import { pullSchema, type UpResponse } from '#sync/contract/up.ts'
import { feedScope, readFeed } from '../catalogue/feed.ts'
import { refuse, refuseError } from './answer.ts'
import type { RequestContext } from './request.ts'
import type { Peer } from './session.ts'

export const answerPull = async ({ db, log, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'pull'>> => {
  const parsed = pullSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a request for a feed that this hub has')
  const { feed, after, limit: pageSize } = parsed.data
  try {
    const entries = await limit.run(() => readFeed(db, feed, feedScope(feed, peer.storeId), after, pageSize + 1))
    const page = entries.slice(0, pageSize)
    return { outcome: 'pulled', entries: page, checkpoint: page.at(-1)?.checkpoint ?? after, more: entries.length > pageSize }
  } catch (error) {
    return refuseError(error, log)
  }
}
