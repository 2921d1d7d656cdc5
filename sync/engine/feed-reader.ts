/**
 * One page of a feed from the hub, packed where both sides can. Judged before anything of it is kept: a page that does not follow what
 * was asked, is another store's, or comes from a hub that fell back within one epoch, is refused with the whole line [TRN15].
 */
import { z } from 'zod'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { feedEntrySchema, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import type { UpRequest, UpResponse } from '#sync/contract/up.ts'
import type { HubEpoch, StoreId } from '#sync/contract/vocabulary.ts'
import { paceAfterAnswer, paceAfterLoss, type PaceBounds } from '#sync/core/pace.ts'
import { LinkLost, type Clock, type Codec } from '#sync/core/ports.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

/** How far a feed was read, and in which epoch of the hub; unknown until a hub has said one. */
export interface ReadSoFar {
  after: number
  epoch?: HubEpoch | undefined
}
export interface ReadPage {
  outcome: 'page'
  entries: FeedEntry[]
  checkpoint: number
  more: boolean
  epoch?: HubEpoch | undefined
}
export type FeedAnswer =
  | ReadPage
  /** The hub has another life, or an old hub has less than it gave: the feed begins at 0. */
  | { outcome: 'begin-anew'; epoch?: HubEpoch | undefined; reason: string }
  | { outcome: 'wait'; code: ErrorCode; message: string }
  | { outcome: 'wrong'; code: ErrorCode; message: string }

export interface FeedReaderPorts {
  line: Pick<HubLine, 'request' | 'speaks'>
  codec: Codec
  storeId: StoreId
  clock: Pick<Clock, 'nowMs'>
  log: EngineLog
}

const pageLimit = { plain: 1_000, packed: 2_000 } as const
/** Entries of a page. */
const pagePace: PaceBounds = { startingSize: 250, minSize: 20, maxSize: pageLimit.packed }
const entriesSchema = z.array(feedEntrySchema)

type Page = Exclude<UpResponse<'pull'>, { outcome: 'refused' }>

const isAnothers = ({ document }: FeedEntry, storeId: StoreId): boolean =>
  typeof document === 'object' && document !== null && 'storeId' in document && document.storeId !== storeId

const wrongPage = (feed: FeedName, after: number, page: ReadPage, storeId: StoreId): FeedAnswer | null => {
  const stranger = page.entries.find((entry) => isAnothers(entry, storeId))
  if (stranger)
    return { outcome: 'wrong', code: 'WRONG_STORE', message: `The hub sent ${stranger.id} of ${feed}, which is another store's.` }
  let last = after
  for (const { checkpoint } of page.entries) {
    if (checkpoint <= last || checkpoint > page.checkpoint)
      return { outcome: 'wrong', code: 'INTERNAL', message: `The hub's page of ${feed} does not follow checkpoint ${last}.` }
    last = checkpoint
  }
  return null
}

/** Pure. */
export const judgePage = (feed: FeedName, { after, epoch }: ReadSoFar, page: ReadPage, storeId: StoreId): FeedAnswer => {
  // What was read when nobody spoke of epochs may be of a former one.
  if (page.epoch !== undefined && page.epoch !== epoch && after > 0)
    return { outcome: 'begin-anew', epoch: page.epoch, reason: 'the hub has a new epoch' }
  if (page.checkpoint >= after) return wrongPage(feed, after, page, storeId) ?? page
  if (page.epoch === undefined) return { outcome: 'begin-anew', reason: 'the hub is behind what it gave before' }
  const message = `The hub has ${feed} up to ${page.checkpoint}; this store had been given ${after}.`
  return { outcome: 'wrong', code: 'HUB_FELL_BACK', message }
}

export const createFeedReader = ({ line, codec, storeId, clock, log }: FeedReaderPorts) => {
  let pageSize = pagePace.startingSize

  const pull = async (request: UpRequest<'pull'>): Promise<UpResponse<'pull'>> => {
    const startedAtMs = clock.nowMs()
    try {
      const answer = await line.request('pull', { ...request, limit: Math.min(request.limit, pageSize) })
      pageSize = paceAfterAnswer(pageSize, Math.max(0, clock.nowMs() - startedAtMs), pagePace)
      return answer
    } catch (error) {
      if (error instanceof LinkLost) pageSize = paceAfterLoss(pageSize, pagePace)
      throw error
    }
  }
  const unpacked = async (page: Page): Promise<ReadPage> => {
    const { checkpoint, more, epoch } = page
    const entries = page.outcome === 'packed' ? entriesSchema.parse(JSON.parse(await codec.unpack(page))) : page.entries
    return { outcome: 'page', entries, checkpoint, more, epoch }
  }
  /** A packed page that is not what it says is refused whole, and asked for plain. */
  const ask = async (feed: FeedName, after: number, packed: boolean): Promise<ReadPage | Extract<FeedAnswer, { outcome: 'wait' }>> => {
    const answer = await pull(packed ? { feed, after, limit: pageLimit.packed, packed } : { feed, after, limit: pageLimit.plain })
    if (answer.outcome === 'refused') return { outcome: 'wait', code: answer.code, message: answer.message }
    try {
      return await unpacked(answer)
    } catch (error) {
      if (!packed) throw error
      log('warn', 'a packed page of a feed could not be unpacked; asking for it plain', { feed, after, reason: reasonOf(error) })
      return ask(feed, after, false)
    }
  }
  return async (feed: FeedName, soFar: ReadSoFar): Promise<FeedAnswer> => {
    // Packed pages came to the protocol together with packed batches.
    const page = await ask(feed, soFar.after, line.speaks('packedBatch'))
    return page.outcome === 'page' ? judgePage(feed, soFar, page, storeId) : page
  }
}
export type FeedReader = ReturnType<typeof createFeedReader>
