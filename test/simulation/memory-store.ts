/**
 * The local database in memory, behind the same shelves as RxDB's. Each call is one event of the process that has it open, and a
 * write can be refused. A suite holds it and RxDB to the same behaviour (memory-store.test.ts).
 */
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import { unknownPace } from '#sync/core/traffic-pace.ts'
import { recordDocId } from '#sync/store/record-shelf.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedPosition, TrafficPosition, Watermark } from '#sync/store/position-shelf.ts'
import type { Cut, StagedPage } from '#sync/store/staging-shelf.ts'
import type { FeedDoc, RecordDoc } from '#sync/store/schemas.ts'
import type { Tables } from './local-tables.ts'

export interface Access {
  /** `what` is for the history. */
  run<T>(what: string, work: () => T): Promise<T>
  /** Throws what the database says when it cannot write. */
  mayWrite(): void
}

export const openAccess: Access = { run: async (_what, work) => work(), mayWrite: () => undefined }

const ringSize = 200

const ascending = (records: Tables['records'], incarnation: string): RecordDoc[] =>
  [...records.values()].filter((doc) => doc.record.incarnation === incarnation).sort((a, b) => a.record.seq - b.record.seq)

const recordShelf = (records: Tables['records'], { run, mayWrite }: Access): Store['records'] => {
  const range = (incarnation: string, fromSeq: number, limit: number): RecordDoc[] => {
    const found: RecordDoc[] = []
    for (let seq = fromSeq; seq < fromSeq + limit; seq += 1) {
      const doc = records.get(recordDocId(incarnation, seq))
      if (doc) found.push(doc)
    }
    return found
  }
  return {
    insert: (docs) =>
      run('stores records', () => {
        mayWrite()
        for (const doc of docs) {
          const known = records.get(doc.id)
          if (known && known.record.payloadHash !== doc.record.payloadHash) throw new Error(`records not written: ${doc.id} (409)`)
          if (!known) records.set(doc.id, doc)
        }
      }),
    range: (incarnation, fromSeq, limit) => run('reads records', () => range(incarnation, fromSeq, limit)),
    one: (incarnation, seq) => run('reads a record', () => records.get(recordDocId(incarnation, seq)) ?? null),
    last: (incarnation) => run('reads the last record', () => ascending(records, incarnation).at(-1) ?? null),
    oldest: (incarnation, limit) => run('reads the oldest', () => ascending(records, incarnation).slice(0, limit)),
    oldestIds: (incarnation, throughSeq, limit) =>
      run('reads the oldest', () =>
        ascending(records, incarnation)
          .filter((doc) => doc.record.seq <= throughSeq)
          .slice(0, limit)
          .map((doc) => doc.id),
      ),
    prune: (ids) =>
      run('prunes records', () => {
        mayWrite()
        for (const id of ids) records.delete(id)
      }),
    newestOfKind: (incarnation, kind, limit) =>
      run('reads the newest', () =>
        ascending(records, incarnation)
          .filter((doc) => doc.kind === kind)
          .reverse()
          .slice(0, limit),
      ),
    otherIncarnations: (incarnation) =>
      run('looks for former lives', () => {
        const heads = new Map<string, number>()
        for (const { record } of records.values())
          if (record.incarnation !== incarnation) heads.set(record.incarnation, Math.max(record.seq, heads.get(record.incarnation) ?? 0))
        return [...heads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([life, headSeq]) => ({ incarnation: life, headSeq }))
      }),
  }
}

const verdictShelf = (verdicts: Tables['verdicts'], { run, mayWrite }: Access): Store['verdicts'] => ({
  put: (incarnation, given) =>
    run('stores verdicts', () => {
      if (given.length > 0) mayWrite()
      for (const verdict of given) {
        const id = recordDocId(incarnation, verdict.seq)
        verdicts.set(id, { id, verdict })
      }
    }),
  prune: (ids) =>
    run('prunes verdicts', () => {
      mayWrite()
      for (const id of ids) verdicts.delete(id)
    }),
  of: (incarnation, seqs) =>
    run(
      'reads verdicts',
      () =>
        new Map(
          seqs.flatMap((seq) => {
            const doc = verdicts.get(recordDocId(incarnation, seq))
            return doc ? [[seq, doc.verdict] as const] : []
          }),
        ),
    ),
})

const positionShelf = (positions: Tables['positions'], { run, mayWrite }: Access): Store['positions'] => {
  const read = (id: string): Record<string, unknown> | undefined => positions.get(id)?.value
  const write = (id: string, value: Record<string, unknown>): Promise<void> =>
    run(`moves ${id.split(':')[0]}`, () => {
      mayWrite()
      positions.set(id, { id, value })
    })
  const watermark = (incarnation: string): Watermark => (read(`outbox:${incarnation}`) ?? { ackedSeq: 0 }) as Watermark
  const position = (feed: FeedName): FeedPosition => (read(`feed:${feed}`) ?? { checkpoint: 0, complete: false }) as FeedPosition
  return {
    ackedSeq: (incarnation) => run('reads the watermark', () => watermark(incarnation).ackedSeq),
    watermark: (incarnation) => run('reads the watermark', () => watermark(incarnation)),
    putWatermark: (incarnation, ackedSeq, epoch) => write(`outbox:${incarnation}`, { ackedSeq, ...(epoch === undefined ? {} : { epoch }) }),
    feed: (feed) => run('reads a checkpoint', () => position(feed)),
    putFeed: (feed, reached) => write(`feed:${feed}`, { ...reached }),
    traffic: () => run('reads the traffic', () => (read('traffic') ?? { usage: [], pace: unknownPace }) as unknown as TrafficPosition),
    putTraffic: ({ usage, pace }) => write('traffic', { usage, pace }),
  }
}

/** Its own keys are kept here as well, so that nothing is remembered that the tables do not hold. */
const stagingShelf = (staged: Tables['staged'], { run, mayWrite }: Access): Store['staging'] => {
  const pageId = (feed: FeedName, checkpoint: number): string => `${feed}:${checkpoint}`
  const pagesOf = (feed: FeedName): StagedPage[] =>
    [...staged.entries()]
      .filter(([id]) => id.startsWith(`${feed}:`))
      .map(([, page]) => page as StagedPage)
      .sort((a, b) => a.checkpoint - b.checkpoint)
  return {
    put: (page) =>
      run('stages a page', () => {
        mayWrite()
        staged.set(pageId(page.feed, page.checkpoint), page)
      }),
    ends: (feed) => run('looks what is staged', () => pagesOf(feed).map(({ checkpoint }) => checkpoint)),
    page: (feed, checkpoint) => run('reads a staged page', () => staged.get(pageId(feed, checkpoint)) as StagedPage),
    last: (feed) => run('reads a staged page', () => pagesOf(feed).at(-1) ?? null),
    cut: () => run('reads the cut', () => (staged.get('cut') as Cut | undefined) ?? null),
    putCut: (cut) =>
      run('stores the cut', () => {
        mayWrite()
        staged.set('cut', cut)
      }),
    clear: (feeds) =>
      run('clears what was staged', () => {
        mayWrite()
        for (const feed of feeds) for (const { checkpoint } of pagesOf(feed)) staged.delete(pageId(feed, checkpoint))
        staged.delete('cut')
      }),
  }
}

const parkedShelf = (parked: Tables['parked'], { run, mayWrite }: Access): Store['parked'] => {
  let nextInRing = 0
  const put: Store['parked']['put'] = (docs) =>
    run('parks', () => {
      if (docs.length > 0) mayWrite()
      for (const doc of docs) parked.set(doc.id, doc)
    })
  return {
    put,
    putMessage: (message) => {
      nextInRing = (nextInRing % ringSize) + 1
      return put([{ id: `message:${nextInRing}`, ...message }])
    },
    remove: (ids) =>
      run('unparks', () => {
        for (const id of ids) {
          if (parked.has(id)) mayWrite()
          parked.delete(id)
        }
      }),
    count: () => run('counts what is parked', () => [...parked.keys()].filter((id) => id.startsWith('feed:')).length),
    all: () => run('reads what is parked', () => [...parked.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
  }
}

const feedShelf = (docs: Map<string, FeedDoc>, { run, mayWrite }: Access): Store['feeds']['items'] => ({
  put: (given) =>
    run('stores feed documents', () => {
      if (given.length > 0) mayWrite()
      for (const doc of given) docs.set(doc.id, doc)
    }),
  remove: (ids) =>
    run('removes feed documents', () => {
      for (const id of ids) {
        if (docs.has(id)) mayWrite()
        docs.delete(id)
      }
    }),
  of: (ids) => run('reads feed documents', () => ids.flatMap((id) => docs.get(id) ?? [])),
  all: () => run('reads a feed', () => [...docs.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
  page: (afterId, limit) =>
    run('reads a page of a feed', () =>
      [...docs.values()]
        .filter((doc) => doc.id > afterId)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit),
    ),
  countOfState: (state) => run('counts', () => [...docs.values()].filter((doc) => doc.state === state).length),
})

export const openMemoryStore = (tables: Tables, access: Access = openAccess): Store => ({
  records: recordShelf(tables.records, access),
  verdicts: verdictShelf(tables.verdicts, access),
  positions: positionShelf(tables.positions, access),
  parked: parkedShelf(tables.parked, access),
  staging: stagingShelf(tables.staged, access),
  feeds: Object.fromEntries(feedNames.map((feed) => [feed, feedShelf(tables.feeds[feed], access)])) as Store['feeds'],
  close: () => access.run('closes', () => undefined),
})
