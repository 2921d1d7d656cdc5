/**
 * Journal → RxDB. The journal is the truth; RxDB holds a copy that can be lost at any moment and is filled again from where it
 * ends. Each record carries the running tally, so that a rebuild gives the same documents, byte for byte.
 *
 *   journal ─ read page n+1 ─┐
 *   RxDB    ─ write page n  ─┴─ one page ahead, never more
 */
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Clock, JournalSource } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { RecordDoc, Tally } from '#sync/store/schemas.ts'
import { coalesce } from './coalesce.ts'
import { prunedSeqOf } from './journal-reach.ts'
import { reasonOf, type EngineLog } from './log.ts'
import { emptyTally, recordDocs } from './record-docs.ts'

/** A page of 1 kB records crosses the process border in one message, and is written in one strict transaction. */
const pageSize = 2_000

export interface Ingest {
  readonly incarnation: string
  headSeq(): number
  tally(): Tally
  /** While a copy that was far behind at the start is being filled. */
  rebuild(): ManagerView['rebuild']
  /** Copies what is missing, and from now on what is appended. */
  start(): void
  close(): Promise<void>
}

export interface IngestPorts {
  journal: JournalSource
  store: Store
  clock: Clock
  log: EngineLog
  incarnation: string
  last: RecordDoc | null
  /** The newest seq that the journal gave up. */
  prunedSeq: number
  onIngested(docs: readonly RecordDoc[]): void
  /** The journal gave up records before they were copied. */
  onPruned(prunedSeq: number): void
}

/** How many records this page skips; a hole inside a page, or another life's records, are a fault. */
const skippedBefore = (records: readonly TidelineRecord[], incarnation: string, headSeq: number): number => {
  const firstSeq = Math.max(headSeq + 1, records[0]?.seq ?? 0)
  for (const [i, record] of records.entries())
    if (record.incarnation !== incarnation || record.seq !== firstSeq + i)
      throw new Error(`journal gave ${record.incarnation}:${record.seq} where ${incarnation}:${firstSeq + i} is next`)
  return firstSeq - headSeq - 1
}

export const createIngest = ({ journal, store, clock, log, incarnation, last, ...ports }: IngestPorts): Ingest => {
  let prunedSeq = ports.prunedSeq
  let headSeq = Math.max(last?.record.seq ?? 0, prunedSeq)
  let tally = last?.tally ?? emptyTally
  /** The newest seq known to be in the journal, once it was asked. */
  let journalSeq = 0
  let asked = false
  let rebuildTo = 0
  let closed = false

  const askHead = async (): Promise<void> => {
    journalSeq = Math.max(journalSeq, (await journal.head()).seq)
    asked = true
    if (headSeq + pageSize < journalSeq) rebuildTo = journalSeq
  }
  const skip = async (count: number): Promise<void> => {
    const givenUp = await prunedSeqOf(journal)
    if (givenUp < headSeq + count) throw new Error(`the journal gave nothing between ${headSeq} and ${headSeq + count + 1}`)
    headSeq += count
    prunedSeq = headSeq
    ports.onPruned(prunedSeq)
  }
  const write = async (records: readonly TidelineRecord[]): Promise<void> => {
    const docs = recordDocs(records, tally)
    await store.records.insert(docs)
    headSeq += docs.length
    tally = docs.at(-1)?.tally ?? tally
    ports.onIngested(docs)
  }
  const drain = async (): Promise<void> => {
    if (!asked) await askHead()
    let ahead: Promise<TidelineRecord[]> | null = null
    while (!closed && headSeq < journalSeq) {
      const records: TidelineRecord[] = await (ahead ?? journal.read(headSeq, pageSize))
      const end = records.at(-1)
      if (!end) return
      const skipped = skippedBefore(records, incarnation, headSeq)
      if (skipped > 0) await skip(skipped)
      ahead = end.seq < journalSeq ? journal.read(end.seq, pageSize) : null
      // Its failure is met where it is awaited, or in the next attempt.
      ahead?.catch(() => undefined)
      await write(records)
    }
  }
  const draining = coalesce(clock, drain, (error) =>
    log('error', 'the journal could not be copied; trying again', { reason: reasonOf(error) }),
  )
  let stopListening = (): void => undefined
  const start = (): void => {
    stopListening = journal.onAppended((seq) => {
      journalSeq = Math.max(journalSeq, seq)
      if (journalSeq > headSeq) void draining.run()
    })
    void draining.run()
  }
  const close = async (): Promise<void> => {
    closed = true
    stopListening()
    await draining.close()
  }
  const rebuild = (): ManagerView['rebuild'] =>
    headSeq < rebuildTo ? { records: headSeq - prunedSeq, total: rebuildTo - prunedSeq } : undefined
  return { incarnation, headSeq: () => headSeq, tally: () => tally, rebuild, start, close }
}
