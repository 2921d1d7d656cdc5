/**
 * Three faults of the kind that such systems really had, planted in the hub by other answers to a store's requests. The simulator must
 * find each; the product's code knows nothing of them.
 */
import { sql } from 'kysely'
import { readFeed, feedScope } from '#hub/catalogue/feed.ts'
import { batchAnswer, type BatchReader } from '#hub/gateway/answer-batch.ts'
import type { Request, RequestContext } from '#hub/gateway/request.ts'
import { receivePackedBatch } from '#hub/intake/packed-batch.ts'
import { receiveBatch } from '#hub/intake/received-batch.ts'
import { receiveTerseBatch } from '#hub/intake/terse-batch.ts'
import type { Database } from '#hub/storage/database.ts'
import { pullSchema } from '#sync/contract/up.ts'
import type { HubMutation } from './hub-process.ts'

const readers: Readonly<Record<string, BatchReader>> = {
  batch: receiveBatch,
  packedBatch: receivePackedBatch,
  terseBatch: receiveTerseBatch,
}

const forAllBatches = (requestOf: (read: BatchReader) => Request): Record<string, Request> =>
  Object.fromEntries(Object.entries(readers).map(([event, read]) => [event, requestOf(read)]))

/** The store is answered while the transaction is still under way. */
export const acknowledgeBeforeCommit: HubMutation = () =>
  forAllBatches((read) => async (context, peer, message) => {
    const received = await read(message)
    if (received.outcome !== 'received') return { outcome: 'refused', code: 'UNKNOWN_MESSAGE', message: received.message }
    void batchAnswer(read)(context, peer, message)
    return { outcome: 'acknowledged', ackedSeq: received.records.at(-1)?.seq ?? 0, verdicts: [] }
  })

/** What is new in a feed is told by the store's clock at its last pull, not by the checkpoint that it reached. */
export const readFeedsByClock: HubMutation = ({ agentNowMs, hubNowMs }) => {
  const writtenAt = new Map<string, number>()
  const pulledAt = new Map<string, number>()
  return {
    pull: async ({ db }, { deviceId, storeId }, message) => {
      const { feed, after } = pullSchema.parse(message)
      const entries = await readFeed(db, feed, feedScope(feed, storeId), 0, 1_000)
      const stampOf = (entry: (typeof entries)[number]): number => {
        const id = `${feed} ${storeId} ${entry.id} ${entry.checkpoint}`
        const stamp = writtenAt.get(id) ?? hubNowMs()
        writtenAt.set(id, stamp)
        return stamp
      }
      const sinceMs = after === 0 ? 0 : (pulledAt.get(`${deviceId} ${feed}`) ?? 0)
      const fresh = entries.filter((entry) => stampOf(entry) > sinceMs)
      pulledAt.set(`${deviceId} ${feed}`, agentNowMs(deviceId))
      return { outcome: 'pulled', entries: fresh, checkpoint: entries.at(-1)?.checkpoint ?? after, more: false }
    },
  }
}

/** The same sale under another record's name counts again. */
const countingAgain = ({ db, ...context }: RequestContext): RequestContext => {
  const execute: ReturnType<Database['transaction']>['execute'] = (work) =>
    db.transaction().execute(async (trx) => {
      const result = await work(trx)
      await sql`update record_log set verdict = 'accepted', natural_key = natural_key || ' ' || incarnation where verdict = 'duplicate'`.execute(
        trx,
      )
      return result
    })
  const proxy: ProxyHandler<Database> = {
    get: (target, name) => {
      if (name === 'transaction') return () => ({ execute })
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  }
  return { ...context, db: new Proxy(db, proxy) }
}

export const countDuplicates: HubMutation = () =>
  forAllBatches((read) => (context, peer, message) => batchAnswer(read)(countingAgain(context), peer, message))
