/** What is written and deleted past RxDB is what RxDB itself would have written, and RxDB reads it so: on Dexie over an IndexedDB in memory. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { createRxDatabase, type RxCollection } from 'rxdb/plugins/core'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordDocs, emptyTally } from '#sync/engine/record-docs.ts'
import { rawTableOf } from '#sync/store/raw-table.ts'
import { RecordShelf } from '#sync/store/record-shelf.ts'
import { FeedShelf } from '#sync/store/feed-shelf.ts'
import { type FeedDoc, feedSchemas, recordSchema, verdictSchema, type RecordDoc, type VerdictDoc } from '#sync/store/schemas.ts'
import { VerdictShelf } from '#sync/store/verdict-shelf.ts'
import { MemoryJournal, quarantineText } from './records.ts'

type Collections = { records: RxCollection<RecordDoc>; verdicts: RxCollection<VerdictDoc>; postings: RxCollection<FeedDoc> }

let opened = 0

const openDexie = async () => {
  opened += 1
  const storage = getRxStorageDexie({ indexedDB: new IDBFactory(), IDBKeyRange })
  const database = await createRxDatabase<Collections>({ name: `raw${opened}`, storage, multiInstance: false, eventReduce: false })
  return database.addCollections({
    records: { schema: recordSchema },
    verdicts: { schema: verdictSchema },
    postings: { schema: feedSchemas.postings },
  })
}

let collections: Awaited<ReturnType<typeof openDexie>>
let records: RecordShelf
let journal: MemoryJournal

const rows = async (): Promise<Record<string, unknown>[]> =>
  ((await (await rawTableOf(collections.records))?.toArray()) ?? []) as unknown as Record<string, unknown>[]
const docsOf = (from: number, to: number): RecordDoc[] => recordDocs(journal.records, emptyTally).slice(from - 1, to)
const seqs = (docs: readonly RecordDoc[]): number[] => docs.map((d) => d.record.seq)

beforeEach(async () => {
  collections = await openDexie()
  records = new RecordShelf(collections.records)
  journal = new MemoryJournal()
  journal.appendSales(4)
  journal.append(quarantineText('drop/a.xml'), 'quarantine')
})
afterEach(() => collections.records.database.close())

describe('raw rows', () => {
  it('[CAP2] a record is stored as RxDB would store it, field by field', async () => {
    await records.insert(docsOf(1, 5))
    const ours = await rows()
    await (await rawTableOf(collections.records))?.clear()
    await collections.records.bulkInsert(docsOf(1, 5))
    const theirs = await rows()
    const comparable = (row: Record<string, unknown>) => ({ ...row, _meta: Object.keys(row['_meta'] as object) })
    expect(ours.map(comparable)).toEqual(theirs.map(comparable))
    for (const row of ours) expect((row['_meta'] as { lwt: number }).lwt).toBeGreaterThan(1)
  })

  it('[CAP2] RxDB finds, counts and updates what was written past it', async () => {
    await records.insert(docsOf(1, 5))
    expect(await collections.records.count({ selector: { kind: 'quarantine' } }).exec()).toBe(1)
    const found = await collections.records.findOne(docsOf(3, 3)[0]?.id).exec()
    expect(found?.record.payload).toBe(journal.records[2]?.payload)
    await found?.incrementalPatch({ kind: 'changed' })
    expect((await records.one(journal.incarnation, 3))?.kind).toBe('changed')
  })

  it('[CAP2] inserting again what is there changes nothing, the new ones arrive, and another content is a fault', async () => {
    await records.insert(docsOf(1, 3))
    const before = await rows()
    await records.insert(docsOf(2, 5))
    expect((await rows()).slice(0, 3)).toEqual(before)
    expect(seqs(await records.oldest(journal.incarnation, 10))).toEqual([1, 2, 3, 4, 5])
    const [doc] = docsOf(2, 2)
    if (!doc) throw new Error('no document')
    const altered = { ...doc, record: { ...doc.record, payloadHash: journal.records[0]?.payloadHash as never } }
    await expect(records.insert([altered])).rejects.toThrow('records not written')
    expect((await records.one(journal.incarnation, 2))?.record.payloadHash).toBe(doc.record.payloadHash)
  })

  it('[JNL5] pruning takes the oldest of one life and leaves no row behind, nor a verdict', async () => {
    const verdicts = new VerdictShelf(collections.verdicts)
    const other = new MemoryJournal('bbbbbbbbbbbb')
    other.appendSales(2)
    await records.insert(docsOf(1, 5))
    await records.insert(recordDocs(other.records, emptyTally))
    await verdicts.put(journal.incarnation, [
      { seq: 2, verdict: 'conflict' },
      { seq: 4, verdict: 'conflict' },
    ])
    const ids = await records.oldestIds(journal.incarnation, 3, 2)
    expect(ids).toEqual(docsOf(1, 2).map((d) => d.id))
    await verdicts.prune(ids)
    await records.prune(ids)
    await records.prune(ids)
    expect(await rows()).toHaveLength(5)
    expect(await records.oldestIds(journal.incarnation, 3, 10)).toEqual([docsOf(3, 3)[0]?.id])
    expect(seqs(await records.oldest(journal.incarnation, 10))).toEqual([3, 4, 5])
    expect([...(await verdicts.of(journal.incarnation, [2, 4])).keys()]).toEqual([4])
    expect(await (await rawTableOf(collections.verdicts))?.count()).toBe(1)
    expect(await records.otherIncarnations(journal.incarnation)).toEqual([{ incarnation: other.incarnation, headSeq: 2 }])
  })

  it('[TRN6] postings are counted by state as they are now, however often they were counted before', async () => {
    const postings = new FeedShelf(collections.postings)
    const posting = (n: number, state: string): FeedDoc => ({ id: `P${n}`, state, checkpoint: n, receivedAtMs: n, document: {} })
    const counted = async () => [await postings.countOfState('posted'), await postings.countOfState('held')]
    expect(await counted()).toEqual([0, 0])
    await postings.put([posting(1, 'held'), posting(2, 'posted'), posting(3, 'posted')])
    expect(await counted()).toEqual([2, 1])
    await postings.put([posting(1, 'posted')])
    expect(await counted()).toEqual([3, 0])
    await postings.remove(['P2'])
    expect(await counted()).toEqual([2, 0])
  })
})
