/** The ways into the journal: entries at once, or one that is made of the head that it follows. Bounded each. */
import { must } from '#sync/contract/assert.ts'
import type { JournalHead } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import type { BatchWriter } from './batch-writer.ts'
import { CannotWrite, JournalBusy } from './cannot-write.ts'
import type { Present } from './present.ts'
import type { JournalEntry } from './waiting.ts'
import type { WriteOrder } from './write-order.ts'

export interface AppendingParts {
  present: Present
  order: WriteOrder
  batches: BatchWriter
  nowIso(): string
  isClosed(): boolean
}

export interface Appending {
  append(kind: TidelineRecord['kind'], payloadText: string): Promise<TidelineRecord>
  appendAll(entries: readonly JournalEntry[]): Promise<TidelineRecord[]>
  appendFrom(build: (head: JournalHead) => Promise<JournalEntry>): Promise<TidelineRecord>
}

const maxPayload = 400_000

const boundedEntry = (entry: JournalEntry): JournalEntry => {
  if (entry.payloadText.length > maxPayload) throw new Error(`a payload over ${maxPayload} characters`)
  return entry
}

export const headOf = ({ manifest, head }: Present): JournalHead => ({ incarnation: manifest.incarnation, seq: head.seq, hash: head.hash })

export const createAppending = ({ present, order, batches, isClosed, ...parts }: AppendingParts): Appending => {
  const now = (): Instant => parts.nowIso() as Instant

  const appendAll: Appending['appendAll'] = (entries) => {
    if (isClosed()) return Promise.reject(new CannotWrite('the journal is closed'))
    if (entries.length === 0) return Promise.resolve([])
    entries.forEach(boundedEntry)
    return new Promise((resolve, reject) => {
      if (!order.push({ entries, capturedAt: now(), resolve, reject })) reject(new JournalBusy('too much waits for the disk already'))
    })
  }
  const appendFrom: Appending['appendFrom'] = async (build) => {
    let appended: Promise<TidelineRecord[]> | undefined
    await order.betweenWrites(async () => {
      if (isClosed()) throw new CannotWrite('the journal is closed')
      const entry = boundedEntry(await build(headOf(present)))
      appended = new Promise((resolve, reject) => {
        void batches.write([{ entries: [entry], capturedAt: now(), resolve, reject }])
      })
      await appended.catch(() => undefined)
    })
    const [record] = await must(appended, 'appended')
    return must(record, 'record')
  }
  return {
    append: async (kind, payloadText) => {
      const [record] = await appendAll([{ kind, payloadText }])
      return must(record, 'record')
    },
    appendAll,
    appendFrom,
  }
}
