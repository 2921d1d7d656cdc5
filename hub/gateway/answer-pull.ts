/** One page of a feed; the store reads only its own scope, whatever it asks for. */
import { pullSchema, type UpResponse } from '#sync/contract/up.ts'
import { feedScope, readFeed } from '../catalogue/feed.ts'
import { readPresentEpoch } from '../epoch/epoch.ts'
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
    const checkpoint = page.at(-1)?.checkpoint ?? after
    // Read behind the entries: what an epoch's page holds was there when the epoch began, or came later.
    const epoch = (await readPresentEpoch(db))?.epoch
    return { outcome: 'pulled', entries: page, checkpoint, more: entries.length > pageSize, ...(epoch && { epoch }) }
  } catch (error) {
    return refuseError(error, log)
  }
}
