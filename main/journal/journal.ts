/**
 * The journal: the store's source of truth, one numbered and hash-chained sequence of records with a single writer.
 *
 *   append → waiting ─┬─ one write, one fdatasync ─▶ durable ─▶ answered, announced
 *   append → waiting ─┘  (what arrives meanwhile shares the next one)
 *
 * Nothing is answered before it is durable. A failed write or sync rejects with CannotWrite and takes nothing with it.
 */
import { join } from 'node:path'
import type { JournalHead } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation, Instant } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { newIncarnation } from './incarnation.ts'
import { lockFolder } from './lock.ts'
import { openFolder, type Recovery } from './open-folder.ts'
import { readRecords } from './read-records.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import type { ChainPosition } from './segment.ts'
import { createSegmentWriter } from './segment-writer.ts'

export interface JournalEntry {
  kind: TidelineRecord['kind']
  payloadText: string
}

export interface Journal extends JournalSource {
  readonly deviceId: DeviceId
  readonly incarnation: Incarnation
  /** What opening found and did. */
  readonly recovery: Recovery
  /** False after a failed write, until one succeeds again. */
  writable(): boolean
  /** Resolves once the record is durable; rejects with CannotWrite when it is not. */
  append(kind: TidelineRecord['kind'], payloadText: string): Promise<TidelineRecord>
  /** All of them in one sync, numbered without gaps, or none. */
  appendAll(entries: readonly JournalEntry[]): Promise<TidelineRecord[]>
  close(): Promise<void>
}

/** CANNOT_WRITE: the disk is full, read-only or failing, or the journal is closed. */
export class CannotWrite extends Error {
  override name = 'CannotWrite'
}

export interface JournalOptions {
  dir: string
  deviceId: DeviceId
  nowIso?: () => string
  /** Numbers in [0, 1), for the incarnation alone. */
  random?: () => number
  disk?: Disk
  segmentBytes?: number
  lock?: (dir: string) => Promise<() => Promise<void>>
}

interface Waiting {
  entries: readonly JournalEntry[]
  capturedAt: Instant
  resolve(records: TidelineRecord[]): void
  reject(error: CannotWrite): void
}

const maxPayload = 400_000
const maxBatchCharacters = 8_000_000

export const openJournal = async (options: JournalOptions): Promise<Journal> => {
  const { dir, deviceId, disk = nodeDisk, segmentBytes = 16_000_000, lock = lockFolder } = options
  const nowIso = options.nowIso ?? (() => new Date().toISOString())
  await disk.makeDir(dir)
  const release = await lock(dir)
  const opened = await openFolder({ disk, dir, deviceId, segmentBytes, newIncarnation: () => newIncarnation(options.random) }).catch(
    async (error: unknown) => {
      await release()
      throw error
    },
  )
  const { incarnation, loaded, recovery } = opened
  const writer = createSegmentWriter(disk, dir, incarnation, loaded.segments, segmentBytes)
  const listeners = new Set<(seq: number) => void>()
  const waiting: Waiting[] = []
  let head: ChainPosition = loaded.end
  let flushing: Promise<void> | null = null
  let writable = true
  let closed = false

  /** Waiting appends, whole, up to a bound: at least one. */
  const takeBatch = (): Waiting[] => {
    let characters = 0
    let count = 0
    while (count < waiting.length && (count === 0 || characters < maxBatchCharacters)) {
      for (const entry of waiting[count]?.entries ?? []) characters += entry.payloadText.length
      count += 1
    }
    return waiting.splice(0, count)
  }

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    let end = head
    const lines: Uint8Array[] = []
    const recordsOf = batch.map(({ entries, capturedAt }) =>
      entries.map(({ kind, payloadText }) => {
        const chained = chainRecord({
          deviceId,
          incarnation,
          seq: end.seq + 1,
          kind,
          capturedAt,
          payload: payloadText,
          previousHash: end.hash,
        })
        end = { seq: chained.record.seq, hash: chained.hash }
        lines.push(encodeLine(chained))
        return chained.record
      }),
    )
    try {
      await writer.write(head.seq + 1, lines)
    } catch (error) {
      writable = false
      for (const one of batch) one.reject(new CannotWrite(error instanceof Error ? error.message : String(error)))
      return
    }
    writable = true
    head = end
    for (const [index, one] of batch.entries()) one.resolve(recordsOf[index] ?? [])
    const { seq } = head
    for (const listener of listeners) queueMicrotask(() => listener(seq))
  }

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) await writeBatch(takeBatch())
    flushing = null
  }

  const appendAll = (entries: readonly JournalEntry[]): Promise<TidelineRecord[]> => {
    if (closed) return Promise.reject(new CannotWrite('the journal is closed'))
    if (entries.length === 0) return Promise.resolve([])
    if (entries.some((entry) => entry.payloadText.length > maxPayload)) throw new Error(`a payload over ${maxPayload} characters`)
    return new Promise((resolve, reject) => {
      waiting.push({ entries, capturedAt: nowIso() as Instant, resolve, reject })
      flushing ??= flush()
    })
  }

  return {
    deviceId,
    incarnation,
    recovery,
    writable: () => writable && !closed,
    head: () => Promise.resolve<JournalHead>({ incarnation, seq: head.seq, hash: head.hash }),
    read: (afterSeq, limit) => readRecords(disk, writer.segments, afterSeq, Math.min(limit, head.seq - afterSeq)),
    onAppended: (callback) => {
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    append: async (kind, payloadText) => {
      const [record] = await appendAll([{ kind, payloadText }])
      if (!record) throw new Error('an append without a record')
      return record
    },
    appendAll,
    close: async () => {
      if (closed) return
      closed = true
      await flushing
      await writer.close()
      await release()
    },
  }
}

/** Where an agent keeps it. */
export const journalDir = (dataDir: string): string => join(dataDir, 'journal')
