/** A segment: consecutive records of one incarnation in one file, named for its first sequence number. */
import type { Sha256 } from '#sync/contract/vocabulary.ts'
import { type ChainedRecord, decodeLine } from './record-line.ts'

export interface Segment {
  path: string
  firstSeq: number
  /** Where each record starts; the last record ends at `size`. */
  offsets: number[]
  /** Durable bytes. */
  size: number
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

export interface ChainPosition {
  seq: number
  hash: Sha256
}

export interface SegmentScan {
  offsets: number[]
  /** Bytes of the whole, chained records from the start. */
  size: number
  end: ChainPosition
  /** Whole records behind the first fault: not what a torn tail looks like. */
  stranded: ChainedRecord[]
}

const newline = 0x0a

/** Follows the chain from `start` through a segment's bytes, up to the first line that does not continue it. */
export const scanSegment = (bytes: Uint8Array, start: ChainPosition, visit?: (chained: ChainedRecord) => void): SegmentScan => {
  const scan: SegmentScan = { offsets: [], size: 0, end: start, stranded: [] }
  let broken = false
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(newline, at)
    const chained = lineEnd < 0 ? null : decodeLine(bytes.subarray(at, lineEnd))
    const next = lineEnd < 0 ? bytes.length : lineEnd + 1
    broken ||= !chained || chained.record.seq !== scan.end.seq + 1 || chained.record.previousHash !== scan.end.hash
    if (!broken && chained) {
      scan.offsets.push(at)
      scan.size = next
      scan.end = { seq: chained.record.seq, hash: chained.hash }
      visit?.(chained)
    } else if (chained) scan.stranded.push(chained)
    at = next
  }
  return scan
}
