/**
 * The journal: the store's source of truth, one numbered and hash-chained sequence of records with a single writer.
 *
 *   append → waiting ─┬─ one write, one fdatasync ─▶ durable ─▶ answered, announced
 *   append → waiting ─┘  (what arrives meanwhile shares the next one, which is written while this one is synced)
 *   renew, prune, restore ─── when nothing is under way: the manifest changes
 *
 * Nothing is answered before it is durable. A failed write or sync rejects with CannotWrite and takes nothing with it.
 */
import { join } from 'node:path'
import type { JournalHead, MissingRecords } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { createAppending, headOf } from './appending.ts'
import { createBatchWriter, type StorageEvent } from './batch-writer.ts'
import { cannotOpen, isNoRoom } from './cannot-write.ts'
import { codeOf, type Disk, nodeDisk } from './disk.ts'
import { newIncarnation } from './incarnation.ts'
import { lockFolder } from './lock.ts'
import type { Begun, Manifest } from './manifest.ts'
import { type OpenedFolder, openFolder, type Recovery } from './open-folder.ts'
import { keepManifest, type Present } from './present.ts'
import type { PruneRequest } from './prune-plan.ts'
import { type Pruned, pruneFiles } from './pruning.ts'
import { createRecordReader } from './read-records.ts'
import type { RenewalOutcome } from './renewal.ts'
import { createRenewing } from './renewing.ts'
import { openReserve, type Reserve } from './reserve.ts'
import { createRestoration, type Restored } from './restoration.ts'
import { createNewestRecords } from './newest-records.ts'
import { createSegmentWriter } from './segment-writer.ts'
import type { JournalVisitor } from './visitor.ts'
import { createWaitingLine, type JournalEntry, type WaitingBounds, waitingBounds } from './waiting.ts'
import { createWriteOrder } from './write-order.ts'

export { CannotWrite, JournalBusy } from './cannot-write.ts'
export type { StorageEvent } from './batch-writer.ts'
export type { JournalEntry } from './waiting.ts'

export interface Journal extends JournalSource {
  readonly deviceId: DeviceId
  readonly incarnation: Incarnation
  /** How this life took the place of another, if it did so by `renew`. */
  readonly begun: Begun | undefined
  /** What opening found and did. */
  readonly recovery: Recovery
  /** By how much records are numbered lower than when it was opened: renewals leave out what was pruned. */
  readonly renumbered: number
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
  /** The hub has everything of this incarnation up to `ackedSeq`: it may be pruned once it is old. Not remembered over a restart. */
  acknowledge(incarnation: Incarnation, ackedSeq: number): void
  prune(request: PruneRequest): Promise<Pruned>
  /** Whether nothing is missing here that was durable in that life. */
  holdsAllOf(incarnation: string): boolean
  /** What this journal once held and cannot read any more. */
  missing(): MissingRecords[]
  /** Less is missing than before; durable by then. */
  onMissing(callback: () => void): () => void
  /** Takes records of a missing range back, where they fit the chain. */
  restore(records: readonly TidelineRecord[]): Promise<Restored>
  onRestored(callback: (records: readonly TidelineRecord[]) => void): () => void
  readonly reserve: Pick<Reserve, 'isHeld' | 'hold'>
  onStorage(callback: (event: StorageEvent) => void): () => void
  /** Writes something small, to learn whether the disk takes it again. */
  probe(): Promise<boolean>
  close(): Promise<void>
}

export interface JournalOptions {
  dir: string
  deviceId: DeviceId
  nowIso?: () => string
  /** Numbers in [0, 1), for the incarnation alone. */
  random?: () => number
  disk?: Disk
  segmentBytes?: number
  /** Held back for the last sales on a full disk. */
  reserveBytes?: number
  waiting?: WaitingBounds
  lock?: (dir: string) => Promise<() => Promise<void>>
  /** Sees every record while the journal is opened. */
  visitor?: JournalVisitor
}

/** Rejects with words for whoever stands at the computer. */
export const openJournal = (options: JournalOptions): Promise<Journal> =>
  startJournal(options).catch((fault: unknown) => {
    throw cannotOpen(fault)
  })

const startJournal = async (options: JournalOptions): Promise<Journal> => {
  const { dir, deviceId, disk = nodeDisk, segmentBytes = 16_000_000, lock = lockFolder, visitor } = options
  const nowIso = options.nowIso ?? (() => new Date().toISOString())
  await disk.makeDir(dir)
  const reserve = await openReserve(disk, dir, options.reserveBytes ?? 0)
  /** Once more, with the reserve's room, when there is none. */
  const withReserve = async <T>(step: (isLastResort: boolean) => Promise<T>): Promise<T> => {
    try {
      return await step(false)
    } catch (error) {
      if (!isNoRoom(codeOf(error))) throw error
      await reserve.giveUpLast()
      return step(true)
    }
  }
  const release = await withReserve(() => lock(dir))
  const open = (isLastResort: boolean): Promise<OpenedFolder> =>
    openFolder({ disk, dir, deviceId, segmentBytes, isLastResort, visitor, newIncarnation: () => newIncarnation(options.random) })
  const opened = await withReserve(open).catch(async (error: unknown) => {
    await release()
    throw error
  })
  await reserve.hold()
  const { loaded, recovery, manifest } = opened
  const present: Present = {
    manifest,
    writer: createSegmentWriter(disk, dir, manifest.incarnation, loaded.segments, segmentBytes),
    head: loaded.end,
    ackedSeq: 0,
    renumbered: 0,
    isUndecided: false,
  }
  let closed = false
  const isClosed = (): boolean => closed
  const keep = (next: Manifest): Promise<void> => keepManifest(disk, dir, present, next)

  const appended = createTold<number>()
  const storage = createTold<StorageEvent>()
  const restored = createTold<readonly TidelineRecord[]>()
  const lessMissing = createTold<void>()

  const newestRecords = createNewestRecords()
  const readRecords = createRecordReader(disk)
  const readFrom = (afterSeq: number, limit: number): Promise<TidelineRecord[]> => {
    const { base, incarnation } = present.manifest
    const after = Math.max(afterSeq, base.seq)
    const newest = newestRecords.of(incarnation, after, limit)
    return newest ? Promise.resolve(newest) : readRecords(present.writer.segments, after, Math.min(limit, present.head.seq - after))
  }
  const read: Journal['read'] = async (afterSeq, limit) => {
    const { base } = present.manifest
    try {
      return await readFrom(afterSeq, limit)
    } catch (error) {
      // What was being read was pruned meanwhile.
      if (present.manifest.base.seq === base.seq) throw error
      return readFrom(afterSeq, limit)
    }
  }

  const tellAppended = (records: readonly TidelineRecord[]): void => {
    newestRecords.add(records)
    appended.tellSoon(present.head.seq)
  }
  const tell = { tellStorage: storage.tellSoon, tellAppended }
  const batches = createBatchWriter({ disk, dir, deviceId, present, reserve, ...tell })
  const order = createWriteOrder(createWaitingLine(options.waiting ?? waitingBounds), batches)
  const { append, appendAll, appendFrom } = createAppending({ present, order, batches, nowIso, isClosed })
  const renewing = createRenewing({
    ...{ disk, dir, deviceId, segmentBytes, present, order, nowIso, isClosed, read },
    newIncarnation: () => newIncarnation(options.random),
  })
  const restore = createRestoration({
    ...{ holes: () => present.manifest.holes, read, append: appendAll, onRestored: restored.tell },
    keepHoles: async (change) => {
      await order.betweenWrites(() => keep({ ...present.manifest, holes: change(present.manifest.holes) }))
      lessMissing.tellSoon()
    },
  })

  /** On a disk that is full to the last byte, too: it says what may go. */
  const keepAtLast = (next: Manifest): Promise<void> =>
    keep(next).catch(async (fault: unknown) => {
      if (!isNoRoom(codeOf(fault)) || !(await reserve.giveUpLast())) throw fault
      await keep(next)
    })
  const prune = async (request: PruneRequest): Promise<Pruned> => {
    // A renewal's copy counts on the numbers that are there.
    if (closed || renewing.isUnderWay() || present.isUndecided) return { segments: 0, formerLives: 0, bytes: 0 }
    const { manifest: before, ackedSeq, head, writer } = present
    const { segments, dropOldest } = writer
    return pruneFiles(
      { disk, dir, manifest: before, segments, ackedSeq, head, read: readFrom, keepManifest: keepAtLast, dropOldest },
      request,
    )
  }
  const probe = async (): Promise<boolean> => {
    if (closed) return false
    try {
      await present.writer.settle()
      await keep(present.manifest)
      batches.noteWritten()
      return true
    } catch {
      return false
    }
  }

  return {
    deviceId,
    get incarnation() {
      return present.manifest.incarnation
    },
    get begun() {
      return present.manifest.begun
    },
    get renumbered() {
      return present.renumbered
    },
    recovery,
    reserve,
    writable: () => batches.isWritable() && !closed,
    head: () => Promise.resolve(headOf(present)),
    read,
    onAppended: appended.listen,
    onStorage: storage.listen,
    onRestored: restored.listen,
    append,
    appendAll,
    appendFrom,
    renew: renewing.renew,
    prune: (request) => order.betweenWrites(() => prune(request)),
    acknowledge: (incarnation, acked) => {
      // The newest statement counts, also when it is lower: the hub may itself have been restored.
      if (incarnation === present.manifest.incarnation && acked <= present.head.seq) present.ackedSeq = acked
    },
    holdsAllOf: (life) => {
      const { incarnation, former, holes } = present.manifest
      return life === incarnation || (holes.length === 0 && former.some((one) => one.incarnation === life))
    },
    missing: () => present.manifest.holes.map(({ incarnation, fromSeq, toSeq }) => ({ incarnation, fromSeq, toSeq })),
    onMissing: lessMissing.listen,
    restore,
    probe: () => order.betweenWrites(probe).catch(() => false),
    close: async () => {
      if (closed) return
      closed = true
      await renewing.settled()
      await order.close()
      await present.writer.close()
      await release()
    },
  }
}

/** Who listens is told after what caused it is done; or, by `tell`, within it. */
const createTold = <T>() => {
  const listeners = new Set<(event: T) => void>()
  return {
    tell: (event: T): void => listeners.forEach((listener) => listener(event)),
    tellSoon: (event: T): void => {
      for (const listener of listeners) queueMicrotask(() => listener(event))
    },
    listen: (listener: (event: T) => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Where an agent keeps it. */
export const journalDir = (dataDir: string): string => join(dataDir, 'journal')
