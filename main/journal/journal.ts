/**
 * The journal: the store's source of truth, one numbered and hash-chained sequence of records with a single writer.
 *
 *   append → waiting ─┬─ one write, one fdatasync ─▶ durable ─▶ answered, announced
 *   append → waiting ─┘  (what arrives meanwhile shares the next one)
 *   renew, prune, restore ─── between two writes: the manifest changes
 *
 * Nothing is answered before it is durable. A failed write or sync rejects with CannotWrite and takes nothing with it.
 */
import { join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import type { JournalHead, MissingRecords } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation, Instant } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { CannotWrite, cannotWrite, isNoRoom, JournalBusy } from './cannot-write.ts'
import { codeOf, type Disk, nodeDisk } from './disk.ts'
import { newIncarnation } from './incarnation.ts'
import { lockFolder } from './lock.ts'
import { type Begun, type Manifest, writeManifest } from './manifest.ts'
import { type OpenedFolder, openFolder, type Recovery } from './open-folder.ts'
import type { PruneRequest } from './prune-plan.ts'
import { type Pruned, pruneFiles } from './pruning.ts'
import { createRecordReader } from './read-records.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import { copyRecords, discard, nameNewLife, objectionTo, openRenewal, type RenewalOutcome, type RenewalParts, succeed } from './renewal.ts'
import { openReserve, type Reserve } from './reserve.ts'
import { createRestoration, type Restored } from './restoration.ts'
import type { ChainPosition } from './segment.ts'
import { createSegmentWriter } from './segment-writer.ts'
import { createWaitingLine, type JournalEntry, type Waiting, type WaitingBounds, waitingBounds } from './waiting.ts'

export { CannotWrite, JournalBusy } from './cannot-write.ts'
export type { JournalEntry } from './waiting.ts'

/** What happens to the room that the journal has. */
export type StorageEvent = { kind: 'reserve-given-up' } | { kind: 'refused'; fault: CannotWrite } | { kind: 'written-again' }

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
  /** What this journal once held and cannot read any more. */
  missing(): MissingRecords[]
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
  const reserve = await openReserve(disk, dir, options.reserveBytes ?? 0)
  /** Once more, with the reserve's room, when there is none. */
  const withReserve = async <T>(step: (isLastResort: boolean) => Promise<T>): Promise<T> => {
    try {
      return await step(false)
    } catch (error) {
      if (!isNoRoom(codeOf(error))) throw error
      await reserve.giveUp()
      return step(true)
    }
  }
  const release = await withReserve(() => lock(dir))
  const open = (isLastResort: boolean): Promise<OpenedFolder> =>
    openFolder({ disk, dir, deviceId, segmentBytes, isLastResort, newIncarnation: () => newIncarnation(options.random) })
  const opened = await withReserve(open).catch(async (error: unknown) => {
    await release()
    throw error
  })
  await reserve.hold()
  const { loaded, recovery } = opened
  let { manifest } = opened
  let writer = createSegmentWriter(disk, dir, manifest.incarnation, loaded.segments, segmentBytes)
  const listeners = new Set<(seq: number) => void>()
  const storageListeners = new Set<(event: StorageEvent) => void>()
  const restoredListeners = new Set<(records: readonly TidelineRecord[]) => void>()
  const waiting = createWaitingLine(options.waiting ?? waitingBounds)
  const turnovers: (() => Promise<void>)[] = []
  const readRecords = createRecordReader(disk)
  let head: ChainPosition = loaded.end
  let ackedSeq = 0
  let renumbered = 0
  let flushing: Promise<void> | null = null
  let renewing: Promise<Begun> | null = null
  /** The manifest on the disk is not known: nothing may be appended to either life. */
  let undecided = false
  let writable = true
  let closed = false

  const tellStorage = (event: StorageEvent): void => {
    for (const listener of storageListeners) queueMicrotask(() => listener(event))
  }
  const settleManifest = async (): Promise<void> => {
    if (undecided) await writeManifest(disk, dir, manifest)
    undecided = false
  }
  const writeLines = async (firstSeq: number, lines: readonly Uint8Array[]): Promise<void> => {
    try {
      await settleManifest()
      await writer.write(firstSeq, lines)
    } catch (error) {
      if (!isNoRoom(codeOf(error)) || !(await reserve.giveUp().catch(() => false))) throw error
      tellStorage({ kind: 'reserve-given-up' })
      await settleManifest()
      await writer.write(firstSeq, lines)
    }
  }
  const noteWritten = (): void => {
    if (!writable) tellStorage({ kind: 'written-again' })
    writable = true
  }

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    let end = head
    const lines: Uint8Array[] = []
    const recordsOf = batch.map(({ entries, capturedAt }) =>
      entries.map(({ kind, payloadText, ...entry }) => {
        const chained = chainRecord({
          deviceId,
          incarnation: manifest.incarnation,
          seq: end.seq + 1,
          kind,
          capturedAt: entry.capturedAt ?? capturedAt,
          payload: payloadText,
          previousHash: end.hash,
        })
        end = { seq: chained.record.seq, hash: chained.hash }
        lines.push(encodeLine(chained))
        return chained.record
      }),
    )
    try {
      await writeLines(head.seq + 1, lines)
    } catch (error) {
      const fault = cannotWrite(error)
      writable = false
      tellStorage({ kind: 'refused', fault })
      for (const one of batch) one.reject(fault)
      return
    }
    noteWritten()
    head = end
    for (const [index, one] of batch.entries()) one.resolve(recordsOf[index] ?? [])
    const { seq } = head
    for (const listener of listeners) queueMicrotask(() => listener(seq))
  }

  const flush = async (): Promise<void> => {
    while (turnovers.length > 0 || waiting.length > 0) {
      const turn = turnovers.shift() ?? (() => writeBatch(waiting.takeBatch()))
      await turn()
    }
    flushing = null
  }

  const betweenWrites = <T>(step: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      turnovers.push(() => step().then(resolve, reject))
      flushing ??= flush()
    })

  /** Whatever the disk then holds, the former one or this, is true: nothing was removed yet. */
  const keepManifest = async (next: Manifest): Promise<void> => {
    await writeManifest(disk, dir, next)
    manifest = next
    undecided = false
  }

  const readFrom = (afterSeq: number, limit: number): Promise<TidelineRecord[]> => {
    const after = Math.max(afterSeq, manifest.base.seq)
    return readRecords(writer.segments, after, Math.min(limit, head.seq - after))
  }
  const read: Journal['read'] = async (afterSeq, limit) => {
    const { base } = manifest
    try {
      return await readFrom(afterSeq, limit)
    } catch (error) {
      // What was being read was pruned meanwhile.
      if (manifest.base.seq === base.seq) throw error
      return readFrom(afterSeq, limit)
    }
  }

  const openHeadSeq = (): number => {
    if (closed) throw new CannotWrite('the journal is closed')
    return head.seq
  }

  const renewNow = async (reason: string): Promise<Begun> => {
    const from = manifest.incarnation
    const to = newIncarnation(options.random)
    // An unfinished copy is recognised at the next opening.
    await betweenWrites(() => keepManifest({ ...manifest, discarded: [...manifest.discarded, to] }))
    const parts: RenewalParts = { disk, dir, segmentBytes, deviceId, to, baseSeq: manifest.base.seq, headSeq: openHeadSeq, read }
    const carrying = openRenewal(parts)
    try {
      await copyRecords(parts, carrying)
      await betweenWrites(async () => {
        await copyRecords(parts, carrying)
        const carriedTo = carrying.end().seq
        const next = succeed(manifest, parts, carriedTo, { at: nowIso() as Instant, after: from, records: carriedTo, reason })
        const named = await nameNewLife(disk, dir, next, manifest)
        undecided = named === 'unknown'
        if (named !== 'named') throw new CannotWrite('the new life could not be named')
        await writer.close()
        manifest = next
        writer = carrying.writer
        head = carrying.end()
        ackedSeq = 0
        renumbered += parts.baseSeq
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

  const prune: Journal['prune'] = (request) =>
    betweenWrites(async () => {
      // Its copy counts on the numbers that are there.
      if (closed || renewing || undecided) return { segments: 0, formerLives: 0, bytes: 0 }
      const { segments, dropOldest } = writer
      return pruneFiles({ disk, dir, manifest, segments, ackedSeq, head, read: readFrom, keepManifest, dropOldest }, request)
    })

  const appendAll = (entries: readonly JournalEntry[]): Promise<TidelineRecord[]> => {
    if (closed) return Promise.reject(new CannotWrite('the journal is closed'))
    if (entries.length === 0) return Promise.resolve([])
    entries.forEach(boundedEntry)
    return new Promise((resolve, reject) => {
      if (!waiting.push({ entries, capturedAt: nowIso() as Instant, resolve, reject }))
        return reject(new JournalBusy('too much waits for the disk already'))
      flushing ??= flush()
    })
  }

  const restore = createRestoration({
    ...{ holes: () => manifest.holes, read, append: appendAll },
    keepHoles: (change) => betweenWrites(() => keepManifest({ ...manifest, holes: change(manifest.holes) })),
    onRestored: (records) => {
      for (const listener of restoredListeners) listener(records)
    },
  })

  const probe = (): Promise<boolean> =>
    betweenWrites(async () => {
      if (closed) return false
      try {
        await writer.settle()
        await keepManifest(manifest)
        noteWritten()
        return true
      } catch {
        return false
      }
    })

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

  const listen = <T>(to: Set<T>, callback: T): (() => void) => {
    to.add(callback)
    return () => void to.delete(callback)
  }

  return {
    deviceId,
    get incarnation() {
      return manifest.incarnation
    },
    get begun() {
      return manifest.begun
    },
    get renumbered() {
      return renumbered
    },
    recovery,
    reserve,
    writable: () => writable && !closed,
    head: () => Promise.resolve<JournalHead>({ incarnation: manifest.incarnation, seq: head.seq, hash: head.hash }),
    read,
    onAppended: (callback) => listen(listeners, callback),
    onStorage: (callback) => listen(storageListeners, callback),
    onRestored: (callback) => listen(restoredListeners, callback),
    append: async (kind, payloadText) => {
      const [record] = await appendAll([{ kind, payloadText }])
      if (!record) throw new Error('an append without a record')
      return record
    },
    appendAll,
    appendFrom,
    renew,
    prune,
    acknowledge: (incarnation, acked) => {
      // The newest statement counts, also when it is lower: the hub may itself have been restored.
      if (incarnation === manifest.incarnation && acked <= head.seq) ackedSeq = acked
    },
    missing: () => manifest.holes.map(({ incarnation, fromSeq, toSeq }) => ({ incarnation, fromSeq, toSeq })),
    restore,
    probe,
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
