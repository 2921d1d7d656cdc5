/**
 * A new life for a journal that is in use: its disk was restored or copied, and another history holds its numbers.
 *
 *   copy while appends go on ─▶ between two writes: copy the rest ─▶ manifest names the new life ─▶ append to it
 *
 * A new life is numbered from 1 without gaps: numbers stay as they are unless the old one was pruned. At most one such life a day: a hub that refuses the new one as well is not to be believed.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import { type CarryOver, openCarryOver } from './carry-over.ts'
import type { Disk } from './disk.ts'
import { type Begun, type Manifest, newManifest, readManifest, writeManifest } from './manifest.ts'
import { removeLives } from './remove-files.ts'

const shortestLifeMs = 86_400_000
const pageRecords = 500

export type RenewalOutcome = { outcome: 'begun'; begun: Begun } | { outcome: 'refused'; message: string }

/** Why this life may not end yet, or null. Either way the clock was set, a day is waited. */
export const objectionTo = (begun: Begun | undefined, nowIso: string): string | null =>
  begun && Math.abs(Date.parse(nowIso) - Date.parse(begun.at)) < shortestLifeMs
    ? `the journal began a new life at ${begun.at} already; another one begins a day later at the earliest`
    : null

export interface RenewalParts {
  disk: Disk
  dir: string
  segmentBytes: number
  deviceId: DeviceId
  to: Incarnation
  /** The last record that was pruned: what stands behind it becomes the first one. */
  baseSeq: number
  /** Throws once the journal is closed. */
  headSeq(): number
  read(afterSeq: number, limit: number): Promise<TidelineRecord[]>
}

/** Copies until the copy has caught up with the head as it is then. */
export const copyRecords = async ({ headSeq, read, baseSeq }: RenewalParts, carrying: CarryOver): Promise<void> => {
  const copiedTo = (): number => baseSeq + carrying.end().seq
  while (copiedTo() < headSeq()) await carrying.take(await read(copiedTo(), pageRecords))
}

/** The new life's manifest: it holds all that the old one and those before it held, and still looks for what they miss. */
export const succeed = (old: Manifest, { to, baseSeq }: RenewalParts, carriedTo: number, begun: Begun): Manifest =>
  newManifest({
    ...{ deviceId: old.deviceId, incarnation: to, begun },
    holes: old.holes.map((hole) => ({ ...hole, since: Math.max(0, hole.since - baseSeq) })),
    former: [...old.former.map((life) => life.incarnation), old.incarnation].map((incarnation) => ({ incarnation, carriedTo })),
  })

export const openRenewal = ({ disk, dir, deviceId, to, segmentBytes }: RenewalParts): CarryOver =>
  openCarryOver(disk, dir, { deviceId, incarnation: to, segmentBytes })

/** A copy that nothing refers to must not go on filling the disk. */
export const discard = async ({ disk, dir, to }: RenewalParts, { writer }: CarryOver): Promise<void> => {
  await writer.close()
  await removeLives(disk, dir, [to])
}

/** `unknown`: the disk may hold either name after a power cut, so nothing may be appended until the former one is written for certain. */
export const nameNewLife = async (
  disk: Disk,
  dir: string,
  next: Manifest,
  former: Manifest,
): Promise<'named' | 'not-named' | 'unknown'> => {
  try {
    await writeManifest(disk, dir, next)
    return 'named'
  } catch {
    const now = await readManifest(disk, dir).catch(() => null)
    if (now?.incarnation === former.incarnation) return 'not-named'
  }
  return writeManifest(disk, dir, former).then(
    () => 'not-named' as const,
    () => 'unknown' as const,
  )
}
