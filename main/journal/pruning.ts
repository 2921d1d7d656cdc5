/**
 * Takes away what the plan says: the manifest names the new base first, durably, and only then files go. A file that is left behind is
 * below the base, and goes at the next opening.
 */
import { join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Disk } from './disk.ts'
import type { Manifest } from './manifest.ts'
import { agedSeqOf, markDay, planPrune, type PrunableLife, type PruneRequest } from './prune-plan.ts'
import { removeLives, removeSegments } from './remove-files.ts'
import { type ChainPosition, lastSeqOf, type Segment, segmentName, segmentStarts } from './segment.ts'

export interface Pruned {
  segments: number
  formerLives: number
  bytes: number
}

export interface PruningParts {
  disk: Disk
  dir: string
  manifest: Manifest
  segments: readonly Segment[]
  ackedSeq: number
  head: ChainPosition
  read(afterSeq: number, limit: number): Promise<TidelineRecord[]>
  /** Durably; what is in force from then on. */
  keepManifest(next: Manifest): Promise<void>
  dropOldest(count: number): void
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

const formerLives = async ({ disk, dir, manifest }: PruningParts): Promise<PrunableLife[]> => {
  const names = await disk.list(dir)
  return Promise.all(
    manifest.former.map(async (life) => {
      const paths = segmentStarts(names, life.incarnation).map((firstSeq) => join(dir, segmentName(life.incarnation, firstSeq)))
      const sizes = await Promise.all(paths.map((path) => disk.sizeOf(path)))
      return {
        ...life,
        bytes: sum(sizes.map((size) => size ?? 0)),
        hasHoles: manifest.holes.some((hole) => hole.incarnation === life.incarnation),
      }
    }),
  )
}

export const pruneFiles = async (parts: PruningParts, request: PruneRequest): Promise<Pruned> => {
  const { disk, dir, manifest, segments, ackedSeq, head } = parts
  const days = markDay(manifest.days, request.today, head.seq, request.days)
  const former = await formerLives(parts)
  const closed = segments.slice(0, -1).map((segment) => ({ lastSeq: lastSeqOf(segment), bytes: segment.size }))
  const totalBytes = sum(segments.map(({ size }) => size)) + sum(former.map(({ bytes }) => bytes))
  const plan = planPrune({ ackedSeq, agedSeq: agedSeqOf(days, request.days), segments: closed, former, totalBytes }, request)
  const isNothing = plan.segments === 0 && plan.former.length === 0
  if (isNothing && days.length === manifest.days.length && days.at(-1)?.date === manifest.days.at(-1)?.date)
    return { segments: 0, formerLives: 0, bytes: 0 }

  const base = plan.segments === 0 ? manifest.base : await baseBefore(parts, must(segments[plan.segments], 'the segment that is written'))
  await parts.keepManifest({
    ...{ ...manifest, days, base },
    former: manifest.former.filter(({ incarnation }) => !plan.former.includes(incarnation)),
    discarded: [...manifest.discarded, ...plan.former],
  })
  const gone = segments.slice(0, plan.segments)
  const goneBytes =
    sum(gone.map(({ size }) => size)) + sum(former.filter((life) => plan.former.includes(life.incarnation)).map(({ bytes }) => bytes))
  const paths = gone.map(({ path }) => path)
  parts.dropOldest(plan.segments)
  await removeSegments(disk, dir, paths)
  await removeLives(disk, dir, plan.former)
  return { segments: paths.length, formerLives: plan.former.length, bytes: goneBytes }
}

/** The hash of the last record that goes is the link of the first one that stays; where none stays, it is the head's. */
const baseBefore = async ({ read, head }: PruningParts, { firstSeq }: Segment): Promise<Manifest['base']> => {
  if (firstSeq > head.seq) return head
  const [first] = await read(firstSeq - 1, 1)
  return { seq: firstSeq - 1, hash: must(first, 'first record').previousHash }
}
