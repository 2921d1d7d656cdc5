/** A segment: consecutive records of one incarnation in one file, named for its first sequence number. */
import type { Disk } from './disk.ts'
import type { Incarnation, Sha256 } from '#sync/contract/vocabulary.ts'

export interface Segment {
  path: string
  firstSeq: number
  /** Where each record starts; the last record ends at `size`. */
  offsets: number[]
  /** Durable bytes. */
  size: number
}

export interface ChainPosition {
  seq: number
  hash: Sha256
}

/** What was written to it; the room behind its last record (room.ts) is left out. Empty where it is missing. */
export const readSegment = async (disk: Pick<Disk, 'readWhole'>, path: string): Promise<Uint8Array> => {
  const bytes = (await disk.readWhole(path)) ?? new Uint8Array()
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
}

const namePattern = /^([a-z0-9]{12})-(\d{12})\.jsonl$/

export const segmentName = (incarnation: string, firstSeq: number): string => `${incarnation}-${String(firstSeq).padStart(12, '0')}.jsonl`

/** First sequence numbers of an incarnation's segments among a directory's names, ascending. */
export const segmentStarts = (names: readonly string[], incarnation: string): number[] =>
  names
    .flatMap((name) => {
      const match = namePattern.exec(name)
      return match?.[1] === incarnation ? [Number(match[2])] : []
    })
    .sort((a, b) => a - b)

/** All lives that have segments among a directory's names. */
export const livesAmong = (names: readonly string[]): Incarnation[] =>
  [...new Set(names.flatMap((name) => namePattern.exec(name)?.[1] ?? []))].sort() as Incarnation[]

export const lastSeqOf = (segment: Segment): number => segment.firstSeq + segment.offsets.length - 1
