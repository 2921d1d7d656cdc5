/**
 * The journal: the store's source of truth, one numbered and hash-chained sequence of records with a single writer.
 *
 *   append → waiting ─┬─ one write, one fdatasync ─▶ durable ─▶ answered, announced
 *   append → waiting ─┘  (what arrives meanwhile shares the next one)
 *   renew  → waiting ─── between two writes: the same records, numbered alike, under a new incarnation
 *
 * Nothing is answered before it is durable. A failed write or sync rejects with CannotWrite and takes nothing with it.
 */
import { join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import type { JournalHead, MissingRecords } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation, Instant } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { batchLength } from './group-commit.ts'
import { newIncarnation } from './incarnation.ts'
import { lockFolder } from './lock.ts'
import { openFolder, type Recovery } from './open-folder.ts'
import { readRecords } from './read-records.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import { type Begun, writeManifest } from './manifest.ts'
import { copyRecords, discard, nameNewLife, objectionTo, openRenewal, type RenewalOutcome, type RenewalParts } from './renewal.ts'
import type { ChainPosition } from './segment.ts'
import { createSegmentWriter } from './segment-writer.ts'

export interface JournalEntry {
  kind: TidelineRecord['kind']
  payloadText: string
}

export interface Journal extends JournalSource {
  readonly deviceId: DeviceId
  readonly incarnation: Incarnation
  /** How this life took the place of another, if it did so by `renew`. */
  readonly begun: Begun | undefined
  /** What opening found and did. */
  readonly recovery: Recovery
  /** False after a failed write, until one succeeds again. */
  writable(): boolean
  /** Resolves once the record is durable; rejects with CannotWrite when it is not. */
  append(kind: TidelineRecord['kind'], payloadText: string): Promise<TidelineRecord>
  /** All of them in one sync, numbered without gaps, or none. */
  appendAll(entries: readonly JournalEntry[]): Promise<TidelineRecord[]>
  /**
   * One record made of the head that it follows: nothing else is appended meanwhile, so that `build` must be quick. It may read the
   * journal, and must not wait for an append. A `build` that rejects appends nothing.
   */
  appendFrom(build: (head: JournalHead) => Promise<JournalEntry>): Promise<TidelineRecord>
  /** A new incarnation with all records, because `from` is not this disk's alone. Appends wait for it; a failure leaves all as it was. */
  renew(from: string, reason: string): Promise<RenewalOutcome>
  /** The hub has everything of this incarnation up to `ackedSeq`: it may be pruned once it is old. */
  acknowledge(incarnation: Incarnation, ackedSeq: number): void
  /** What this journal once held and cannot read any more. */
  missing(): MissingRecords[]
  /** Takes records of a missing range back, where they fit the chain. */
  restore(records: readonly TidelineRecord[]): Promise<{ restored: number; refused: number }>
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

const boundedEntry = (entry: JournalEntry): JournalEntry => {
  if (entry.payloadText.length > maxPayload) throw new Error(`a payload over ${maxPayload} characters`)
  return entry
}

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
  const { loaded, recovery } = opened
  let { manifest } = opened
  let writer = createSegmentWriter(disk, dir, manifest.incarnation, loaded.segments, segmentBytes)
  const listeners = new Set<(seq: number) => void>()
  const waiting: Waiting[] = []
  let head: ChainPosition = loaded.end
  let flushing: Promise<void> | null = null
  const turnovers: (() => Promise<void>)[] = []
  let renewing: Promise<Begun> | null = null
  /** The manifest on the disk is not known: nothing may be appended to either life. */
  let undecided = false
  let writable = true
  let closed = false

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    let end = head
    const lines: Uint8Array[] = []
    const recordsOf = batch.map(({ entries, capturedAt }) =>
      entries.map(({ kind, payloadText }) => {
        const chained = chainRecord({
          deviceId,
          incarnation: manifest.incarnation,
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
      if (undecided) await writeManifest(disk, dir, manifest)
      undecided = false
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
    while (turnovers.length > 0 || waiting.length > 0) {
      const turn = turnovers.shift() ?? (() => writeBatch(waiting.splice(0, batchLength(waiting))))
      await turn()
    }
    flushing = null
  }

  const betweenWrites = (step: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      turnovers.push(() => step().then(resolve, reject))
      flushing ??= flush()
    })

  const read: Journal['read'] = (afterSeq, limit) => readRecords(disk, writer.segments, afterSeq, Math.min(limit, head.seq - afterSeq))

  const openHeadSeq = (): number => {
    if (closed) throw new CannotWrite('the journal is closed')
    return head.seq
  }

  const renewNow = async (reason: string): Promise<Begun> => {
    const from = manifest.incarnation
    const parts: RenewalParts = { disk, dir, segmentBytes, deviceId, to: newIncarnation(options.random), headSeq: openHeadSeq, read }
    const carrying = openRenewal(parts)
    try {
      await copyRecords(parts, carrying)
      await betweenWrites(async () => {
        await copyRecords(parts, carrying)
        const begun: Begun = { at: nowIso() as Instant, after: from, records: head.seq, reason }
        const next = { deviceId, incarnation: parts.to, begun }
        const named = await nameNewLife(disk, dir, next, manifest)
        undecided = named === 'unknown'
        if (named !== 'named') throw new CannotWrite('the new life could not be named')
        await writer.close()
        manifest = next
        writer = carrying.writer
        head = carrying.end()
      })
    } catch (error) {
      if (!undecided) await discard(parts, carrying)
      throw error
    }
    return must(manifest.begun, 'begun')
  }

  const renew: Journal['renew'] = async (from, reason) => {
    if (closed || renewing) return { outcome: 'refused', message: 'the journal is busy' }
    if (from !== manifest.incarnation) return { outcome: 'refused', message: `the journal is ${manifest.incarnation}, not ${from}` }
    const objection = objectionTo(manifest.begun, nowIso())
    if (objection) return { outcome: 'refused', message: objection }
    renewing = renewNow(reason.slice(0, 500))
    try {
      return { outcome: 'begun', begun: await renewing }
    } catch (error) {
      return { outcome: 'refused', message: error instanceof Error ? error.message : String(error) }
    } finally {
      renewing = null
    }
  }

  const appendAll = (entries: readonly JournalEntry[]): Promise<TidelineRecord[]> => {
    if (closed) return Promise.reject(new CannotWrite('the journal is closed'))
    if (entries.length === 0) return Promise.resolve([])
    entries.forEach(boundedEntry)
    return new Promise((resolve, reject) => {
      waiting.push({ entries, capturedAt: nowIso() as Instant, resolve, reject })
      flushing ??= flush()
    })
  }

  const appendFrom: Journal['appendFrom'] = async (build) => {
    let appended: Promise<TidelineRecord[]> | undefined
    await betweenWrites(async () => {
      if (closed) throw new CannotWrite('the journal is closed')
      const entry = boundedEntry(await build({ incarnation: manifest.incarnation, seq: head.seq, hash: head.hash }))
      appended = new Promise((resolve, reject) => {
        void writeBatch([{ entries: [entry], capturedAt: nowIso() as Instant, resolve, reject }])
      })
      await appended.catch(() => undefined)
    })
    const [record] = await must(appended, 'appended')
    return must(record, 'record')
  }

  return {
    deviceId,
    get incarnation() {
      return manifest.incarnation
    },
    get begun() {
      return manifest.begun
    },
    recovery,
    writable: () => writable && !closed,
    head: () => Promise.resolve<JournalHead>({ incarnation: manifest.incarnation, seq: head.seq, hash: head.hash }),
    read,
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
    appendFrom,
    renew,
    acknowledge: () => undefined,
    missing: () => [],
    restore: async (records) => ({ restored: 0, refused: records.length }),
    close: async () => {
      if (closed) return
      closed = true
      await renewing?.catch(() => undefined)
      await flushing
      await writer.close()
      await release()
    },
  }
}

/** Where an agent keeps it. */
export const journalDir = (dataDir: string): string => join(dataDir, 'journal')
