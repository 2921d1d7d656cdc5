/**
 * One page of a feed; the store reads only its own scope, whatever it asks for. A page that is worth it goes packed to whoever can
 * unpack it, cut so that it keeps the bounds both as it is and packed.
 */
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import type { FeedEntry } from '#sync/contract/feed.ts'
import { batchLimits, packedLimits } from '#sync/contract/protocol.ts'
import { pullSchema, type UpResponse } from '#sync/contract/up.ts'
import { createFeedReader, type FeedPage, type FeedReader, type PageRequest } from '../catalogue/feed-page.ts'
import { feedScope } from '../catalogue/feed.ts'
import { refuse, refuseError } from './answer.ts'
import type { RequestContext } from './request.ts'
import type { Peer } from './session.ts'

const deflate = promisify(deflateRaw)

/** Below this many characters packing costs more than it saves. */
const worthPacking = 1_000
/** The rest is for the message around the entries. */
const maxBytes = { plain: batchLimits.maxMessageBytes * 0.75, packed: packedLimits.maxInflatedBytes * 0.9 } as const

/** One for all sessions of a process: that is what lets it ask for many at once. */
const readers = new WeakMap<RequestContext['db'], FeedReader>()
const readerOf = ({ db, limit }: RequestContext): FeedReader => {
  const known = readers.get(db)
  if (known) return known
  const reader = createFeedReader(db, (work) => limit.run(work))
  readers.set(db, reader)
  return reader
}

const plain = ({ entries, checkpoint, more, epoch }: FeedPage, knowsEpochs: boolean): UpResponse<'pull'> => ({
  outcome: 'pulled',
  entries: JSON.parse(`[${entries.join(',')}]`) as FeedEntry[],
  checkpoint,
  more,
  ...(epoch === null || !knowsEpochs ? {} : { epoch }),
})

/** What hardly shrinks is asked for again by half. */
const packed = async (reader: FeedReader, request: PageRequest, page: FeedPage, epoch: NonNullable<FeedPage['epoch']>) => {
  for (let { entries, checkpoint, more } = page, { limit } = request; ;) {
    const bytes = await deflate(`[${entries.join(',')}]`)
    if (bytes.length <= packedLimits.maxBytes || entries.length === 1)
      return { outcome: 'packed', codec: 'deflate-raw', bytes, checkpoint, more, epoch } satisfies UpResponse<'pull'>
    limit = Math.ceil(Math.min(limit, entries.length) / 2)
    ;({ entries, checkpoint, more } = await reader.read({ ...request, limit }))
  }
}

export const answerPull = async (context: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'pull'>> => {
  const parsed = pullSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a request for a feed that this hub has')
  const { feed, after, limit } = parsed.data
  const mayPack = parsed.data.packed === true
  const request = { feed, scope: feedScope(feed, peer.storeId), after, limit, maxBytes: mayPack ? maxBytes.packed : maxBytes.plain }
  try {
    const reader = readerOf(context)
    const page = await reader.read(request)
    const size = page.entries.reduce((sum, text) => sum + text.length, 0)
    if (!mayPack || page.epoch === null || size < worthPacking) return plain(page, peer.protocolVersion >= 3)
    return await packed(reader, request, page, page.epoch)
  } catch (error) {
    return refuseError(error, context.log)
  }
}
