/** The shelves behave alike on RxDB and in the simulator's memory: one suite, two stores. */
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { openStore, type Store } from '#sync/store/open-store.ts'
import { recordDocId } from '#sync/store/record-shelf.ts'
import type { FeedDoc, RecordDoc } from '#sync/store/schemas.ts'
import { unknownPace } from '#sync/core/traffic-pace.ts'
import { MemoryJournal } from '#test/engine/records.ts'
import { emptyTables } from './local-tables.ts'
import { openMemoryStore } from './memory-store.ts'

let opened = 0

const openers: Readonly<Record<string, () => Promise<Store>>> = {
  RxDB: () => openStore({ storage: getRxStorageMemory(), name: `shelves${process.pid}x${(opened += 1)}` }),
  memory: async () => openMemoryStore(emptyTables()),
}

/** Closed whatever comes: RxDB bounds how many may be open. */
const openOne = async (open: () => Promise<Store>): Promise<Store> => {
  const store = await open()
  onTestFinished(() => store.close())
  return store
}

const docsOf = (life: string, kinds: readonly RecordDoc['record']['kind'][]): RecordDoc[] => {
  const journal = new MemoryJournal()
  for (const [index, kind] of kinds.entries()) journal.append(JSON.stringify({ life, index }), kind)
  return journal.records.map((record) => ({
    ...{ id: recordDocId(life, record.seq), kind: record.kind, tally: { transactions: record.seq, quarantined: 0 } },
    record: { ...record, incarnation: life as RecordDoc['record']['incarnation'] },
  }))
}
const idsOf = (docs: readonly { id: string }[]): string[] => docs.map(({ id }) => id)
const feedDoc = (id: string, checkpoint: number, state = ''): FeedDoc => ({
  id,
  state,
  checkpoint,
  receivedAtMs: 1,
  document: { id, checkpoint },
})

const [one, two] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb']
const epoch = hubEpochSchema.parse('epochepoch01')

describe.each(Object.entries(openers))('the shelves on %s', (_name, open) => {
  it('keep records in order, by life; the same again changes nothing, another under its number is refused', async () => {
    const { records } = await openOne(open)
    const docs = docsOf(one, ['transaction', 'quarantine', 'transaction', 'transaction'])
    await records.insert(docs.slice(0, 3))
    await records.insert(docs.slice(1))
    await records.insert(docsOf(two, ['transaction', 'transaction']))
    expect(idsOf(await records.range(one, 2, 2))).toEqual(idsOf(docs.slice(1, 3)))
    expect(idsOf(await records.range(one, 4, 9))).toEqual(idsOf(docs.slice(3)))
    expect((await records.one(one, 2))?.kind).toBe('quarantine')
    expect(await records.one(one, 9)).toBeNull()
    expect((await records.last(one))?.record.seq).toBe(4)
    expect(await records.last('cccccccccccc')).toBeNull()
    expect(idsOf(await records.oldest(one, 2))).toEqual(idsOf(docs.slice(0, 2)))
    expect(await records.oldestIds(one, 3, 9)).toEqual(idsOf(docs.slice(0, 3)))
    expect(idsOf(await records.newestOfKind(one, 'transaction', 2))).toEqual(idsOf([docs[3], docs[2]] as RecordDoc[]))
    expect(await records.otherIncarnations(one)).toEqual([{ incarnation: two, headSeq: 2 }])
    const others = docsOf(two, ['conflict']).map((doc) => ({ ...doc, id: recordDocId(one, 1) }))
    await expect(records.insert(others)).rejects.toThrow('not written')
    await records.prune(idsOf(docs.slice(0, 2)))
    expect((await records.oldest(one, 1))[0]?.record.seq).toBe(3)
  })

  it('keep verdicts by record', async () => {
    const { verdicts } = await openOne(open)
    await verdicts.put(one, [
      { seq: 1, verdict: 'duplicate' },
      { seq: 2, verdict: 'conflict', reason: 'a' },
    ])
    await verdicts.put(one, [{ seq: 2, verdict: 'conflict', reason: 'b' }])
    await verdicts.put(one, [])
    expect([...(await verdicts.of(one, [1, 2, 3]))]).toEqual([
      [1, { seq: 1, verdict: 'duplicate' }],
      [2, { seq: 2, verdict: 'conflict', reason: 'b' }],
    ])
    expect((await verdicts.of(two, [1])).size).toBe(0)
    await verdicts.prune([recordDocId(one, 1)])
    expect((await verdicts.of(one, [1])).size).toBe(0)
  })

  it('keep positions, each begun at nothing', async () => {
    const { positions } = await openOne(open)
    expect(await positions.watermark(one)).toEqual({ ackedSeq: 0 })
    await positions.putWatermark(one, 5, epoch)
    expect(await positions.watermark(one)).toEqual({ ackedSeq: 5, epoch })
    await positions.putWatermark(one, 3)
    expect(await positions.watermark(one)).toEqual({ ackedSeq: 3 })
    expect(await positions.ackedSeq(two)).toBe(0)
    expect(await positions.feed('prices')).toEqual({ checkpoint: 0, complete: false })
    await positions.putFeed('prices', { checkpoint: 7, complete: true, epoch })
    expect(await positions.feed('prices')).toEqual({ checkpoint: 7, complete: true, epoch })
    expect(await positions.feed('items')).toEqual({ checkpoint: 0, complete: false })
    expect(await positions.traffic()).toEqual({ usage: [], pace: unknownPace })
  })

  it('keep the newest version of each feed document', async () => {
    const { feeds } = await openOne(open)
    await feeds.postings.put([feedDoc('a', 1, 'held'), feedDoc('b', 2, 'posted')])
    await feeds.postings.put([feedDoc('a', 3, 'posted')])
    expect(await feeds.postings.countOfState('posted')).toBe(2)
    expect((await feeds.postings.of(['a', 'x'])).map(({ checkpoint }) => checkpoint)).toEqual([3])
    await feeds.postings.remove(['a', 'x'])
    expect(idsOf(await feeds.postings.all())).toEqual(['b'])
    expect(await feeds.items.all()).toEqual([])
  })

  it('keep what is parked, and a message beside it', async () => {
    const { parked } = await openOne(open)
    await parked.put([{ id: 'feed:items:a', text: '{}', reason: 'new', parkedAtMs: 1 }])
    await parked.putMessage({ text: '{}', reason: 'unknown', parkedAtMs: 2 })
    expect(idsOf(await parked.all())).toEqual(['feed:items:a', 'message:1'])
    await parked.remove(['feed:items:a', 'feed:items:x'])
    expect(idsOf(await parked.all())).toEqual(['message:1'])
  })

  it('keep staged pages in order, and one cut', async () => {
    const { staging } = await openOne(open)
    const page = (checkpoint: number) => ({ feed: 'items' as const, checkpoint, anew: false, text: `[${checkpoint}]` })
    await staging.put(page(20))
    await staging.put(page(3))
    await staging.put({ ...page(3), text: '[]' })
    expect(await staging.ends('items')).toEqual([3, 20])
    expect(await staging.ends('prices')).toEqual([])
    expect((await staging.page('items', 3)).text).toBe('[]')
    expect((await staging.last('items'))?.checkpoint).toBe(20)
    expect(await staging.last('prices')).toBeNull()
    expect(await staging.cut()).toBeNull()
    await staging.putCut({ through: { items: 3 } })
    expect(await staging.cut()).toEqual({ through: { items: 3 } })
    await staging.clear(['items'])
    expect([await staging.cut(), await staging.ends('items')]).toEqual([null, []])
  })
})
