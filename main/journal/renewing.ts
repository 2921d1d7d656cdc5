/** Ends this life and begins the next one with all its records, while appends go on (renewal.ts says in which steps). */
import { must } from '#sync/contract/assert.ts'
import type { DeviceId, Incarnation, Instant } from '#sync/contract/vocabulary.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { CannotWrite } from './cannot-write.ts'
import type { Disk } from './disk.ts'
import type { Begun } from './manifest.ts'
import { keepManifest, type Present } from './present.ts'
import { copyRecords, discard, nameNewLife, objectionTo, openRenewal, type RenewalOutcome, type RenewalParts, succeed } from './renewal.ts'
import type { WriteOrder } from './write-order.ts'

export interface RenewingParts {
  disk: Disk
  dir: string
  deviceId: DeviceId
  segmentBytes: number
  present: Present
  order: WriteOrder
  newIncarnation(): Incarnation
  nowIso(): string
  isClosed(): boolean
  read(afterSeq: number, limit: number): Promise<TidelineRecord[]>
}

export interface Renewing {
  renew(from: string, reason: string): Promise<RenewalOutcome>
  isUnderWay(): boolean
  settled(): Promise<void>
}

export const createRenewing = (parts: RenewingParts): Renewing => {
  const { disk, dir, deviceId, segmentBytes, present, order, read, isClosed } = parts
  let underWay: Promise<Begun> | null = null

  const openHeadSeq = (): number => {
    if (isClosed()) throw new CannotWrite('the journal is closed')
    return present.head.seq
  }

  const renewNow = async (reason: string): Promise<Begun> => {
    const after = present.manifest.incarnation
    const to = parts.newIncarnation()
    // An unfinished copy is recognised at the next opening.
    await order.betweenWrites(() =>
      keepManifest(disk, dir, present, { ...present.manifest, discarded: [...present.manifest.discarded, to] }),
    )
    const copy: RenewalParts = { disk, dir, segmentBytes, deviceId, to, baseSeq: present.manifest.base.seq, headSeq: openHeadSeq, read }
    const carrying = openRenewal(copy)
    try {
      await copyRecords(copy, carrying)
      await order.betweenWrites(async () => {
        await copyRecords(copy, carrying)
        const carriedTo = carrying.end().seq
        const next = succeed(present.manifest, copy, carriedTo, { at: parts.nowIso() as Instant, after, records: carriedTo, reason })
        const named = await nameNewLife(disk, dir, next, present.manifest)
        present.isUndecided = named === 'unknown'
        if (named !== 'named') throw new CannotWrite('the new life could not be named')
        await present.writer.close()
        present.manifest = next
        present.writer = carrying.writer
        present.head = carrying.end()
        present.ackedSeq = 0
        present.renumbered += copy.baseSeq
      })
    } catch (error) {
      if (!present.isUndecided) await discard(copy, carrying)
      throw error
    }
    return must(present.manifest.begun, 'begun')
  }

  const renew: Renewing['renew'] = async (from, reason) => {
    const { incarnation, begun } = present.manifest
    if (isClosed() || underWay) return { outcome: 'refused', message: 'the journal is busy' }
    if (from !== incarnation) return { outcome: 'refused', message: `the journal is ${incarnation}, not ${from}` }
    const objection = objectionTo(begun, parts.nowIso())
    if (objection) return { outcome: 'refused', message: objection }
    underWay = renewNow(reason.slice(0, 500))
    try {
      return { outcome: 'begun', begun: await underWay }
    } catch (error) {
      return { outcome: 'refused', message: error instanceof Error ? error.message : String(error) }
    } finally {
      underWay = null
    }
  }
  return { renew, isUnderWay: () => underWay !== null, settled: async () => void (await underWay?.catch(() => undefined)) }
}
