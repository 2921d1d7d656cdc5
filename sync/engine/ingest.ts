/**
 * Journal → RxDB. The journal is the truth; RxDB holds a copy that can be lost at any moment and is filled again from where it
 * ends. Each record carries the running tally, so that a rebuild gives the same documents, byte for byte.
 */
import { genesisHash } from '#sync/contract/record.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Clock, JournalSource } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { recordDocId } from '#sync/store/record-shelf.ts'
import type { RecordDoc, Tally } from '#sync/store/schemas.ts'
import { coalesce } from './coalesce.ts'
import { reasonOf, type EngineLog } from './log.ts'

/** A page of 1 kB records crosses the process border in one message. */
const pageSize = 500
const emptyTally: Tally = { transactions: 0, quarantined: 0 }

export interface Ingest {
  readonly incarnation: string
  headSeq(): number
  tally(): Tally
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
  onIngested(docs: readonly RecordDoc[]): void
}

const addToTally = (tally: Tally, { kind }: TidelineRecord): Tally => {
  if (kind === 'quarantine') return { ...tally, quarantined: tally.quarantined + 1 }
  return kind === 'transaction' || kind === 'conflict' ? { ...tally, transactions: tally.transactions + 1 } : tally
}

export const recordDocs = (records: readonly TidelineRecord[], before: Tally): RecordDoc[] => {
  let tally = before
  return records.map((record) => {
    tally = addToTally(tally, record)
    return { id: recordDocId(record.incarnation, record.seq), kind: record.kind, record, tally }
  })
}

const requireContinuation = (records: readonly TidelineRecord[], incarnation: string, headSeq: number): void => {
  for (const [i, record] of records.entries())
    if (record.incarnation !== incarnation || record.seq !== headSeq + 1 + i)
      throw new Error(`journal gave ${record.incarnation}:${record.seq} where ${incarnation}:${headSeq + 1 + i} is next`)
}

export const createIngest = ({ journal, store, clock, log, incarnation, last, onIngested }: IngestPorts): Ingest => {
  let headSeq = last?.record.seq ?? 0
  let tally = last?.tally ?? emptyTally
  let notifiedSeq = 0
  let closed = false

  const drain = async (): Promise<void> => {
    while (!closed) {
      const records = await journal.read(headSeq, pageSize)
      if (records.length === 0) return
      requireContinuation(records, incarnation, headSeq)
      const docs = recordDocs(records, tally)
      await store.records.insert(docs)
      headSeq += docs.length
      tally = docs.at(-1)?.tally ?? tally
      onIngested(docs)
      if (records.length < pageSize && headSeq >= notifiedSeq) return
    }
  }
  const draining = coalesce(clock, drain, (error) =>
    log('error', 'the journal could not be copied; trying again', { reason: reasonOf(error) }),
  )
  let stopListening = (): void => undefined
  const start = (): void => {
    stopListening = journal.onAppended((seq) => {
      notifiedSeq = Math.max(notifiedSeq, seq)
      if (notifiedSeq > headSeq) void draining.run()
    })
    void draining.run()
  }
  const close = async (): Promise<void> => {
    closed = true
    stopListening()
    await draining.close()
  }
  return { incarnation, headSeq: () => headSeq, tally: () => tally, start, close }
}

/** The journal's own chain hash at `seq`, null beyond its end. */
export const journalHashAt = async (journal: JournalSource, seq: number): Promise<string | null> => {
  if (seq === 0) return genesisHash
  const head = await journal.head()
  if (seq >= head.seq) return seq === head.seq ? head.hash : null
  const [next] = await journal.read(seq, 1)
  return next?.previousHash ?? null
}

/** Why the copy cannot belong to this journal, or null. */
export const divergenceOf = async (journal: JournalSource, last: RecordDoc | null): Promise<string | null> => {
  if (!last) return null
  const { seq, payloadHash } = last.record
  const [same] = await journal.read(seq - 1, 1)
  if (!same) return `The local database holds this journal up to ${seq}, further than the journal itself.`
  return same.payloadHash === payloadHash ? null : `At ${seq} the local database holds another record than the journal.`
}
