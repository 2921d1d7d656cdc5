/**
 * Follows the chain through one segment's bytes and names what does not fit. Everything that can be read is kept, wherever it stands.
 * Only the end of the newest segment may be torn: there a line without its end, or with a hole of zeros, is a write that did not arrive.
 */
import type { Incarnation, Sha256 } from '#sync/contract/vocabulary.ts'
import type { Finding } from './finding.ts'
import { hasHole, lineEndAt, looksLikeRecord, readLine, type ReadLine, readUnended, startsLikeRecord } from './line-text.ts'
import type { ChainedRecord } from './record-line.ts'
import type { ChainPosition } from './segment.ts'

/** Where the chain stands; without a hash behind something that cannot be read. */
export interface Expected {
  seq: number
  hash: Sha256 | null
}

export interface InspectedRecord {
  chained: ChainedRecord
  byte: number
}

export interface SegmentInspection {
  findings: Finding[]
  /** In the file's order; those of another journal are marked. */
  records: (InspectedRecord & { isForeign: boolean })[]
  end: Expected
  /** Bytes before the torn tail; all of them where there is none. */
  size: number
  /** The last record lacks its newline. */
  isUnended: boolean
}

export interface SegmentInput {
  name: string
  bytes: Uint8Array
  incarnation: Incarnation
  start: Expected
  /** Of the segment behind; null for the newest one. */
  nextFirstSeq: number | null
}

interface Piece {
  byte: number
  /** With its newline. */
  bytes: number
  line: number
  content: Uint8Array
  isEnded: boolean
  found: ReadLine[]
}

const cutPieces = (bytes: Uint8Array): Piece[] => {
  const pieces: Piece[] = []
  for (let at = 0; at < bytes.length;) {
    const lineEnd = lineEndAt(bytes, at)
    const isEnded = lineEnd >= 0
    const next = isEnded ? lineEnd + 1 : bytes.length
    const content = bytes.subarray(at, isEnded ? lineEnd : next)
    const unended = isEnded ? null : readUnended(content)
    const found = unended ? [unended] : readLine(content)
    pieces.push({ byte: at, bytes: next - at, line: pieces.length + 1, content, isEnded, found })
    at = next
  }
  return pieces
}

/** Index of the first piece of the torn tail; the number of pieces when nothing is torn. */
const tornFrom = (pieces: readonly Piece[]): number => {
  let torn = pieces.length
  for (let at = pieces.length - 1; at >= 0 && pieces[at]?.found.length === 0; at -= 1) {
    const piece = pieces[at]
    if (piece && (!piece.isEnded || hasHole(piece.content))) torn = at
  }
  return torn
}

interface Stretch {
  byte: number
  bytes: number
  line: number
  begun: number
  looksOurs: boolean
}

export const inspectSegment = ({ name, bytes, incarnation, start, nextFirstSeq }: SegmentInput): SegmentInspection => {
  const findings: Finding[] = []
  const records: SegmentInspection['records'] = []
  let end = start
  let stretch: Stretch | null = null
  const isLast = nextFirstSeq === null
  const pieces = cutPieces(bytes)
  const torn = isLast ? tornFrom(pieces) : pieces.length

  const report = (kind: Finding['kind'], at: Pick<Piece, 'byte' | 'bytes' | 'line'>, message: string, lost?: Finding['lost']): void => {
    const place = { segment: name, byte: at.byte, bytes: at.bytes, line: at.line }
    findings.push({ kind, ...place, message, ...(lost ? { lost } : {}) })
  }
  const extend = ({ byte, bytes: length, line, content }: Piece): void => {
    stretch ??= { byte, bytes: 0, line, begun: 0, looksOurs: false }
    stretch.bytes = byte + length - stretch.byte
    stretch.begun += startsLikeRecord(content) ? 1 : 0
    stretch.looksOurs ||= looksLikeRecord(content)
  }
  /** What cannot be read covers all numbers up to `upTo`; where that is none, it is no record of ours. */
  const closeStretch = (upTo: number): void => {
    if (!stretch) return
    const lost = upTo > end.seq ? { fromSeq: end.seq + 1, toSeq: upTo } : undefined
    if (lost) report('damaged-line', stretch, 'the line is not what its hash says', lost)
    else report('foreign-line', stretch, 'what stands here is no record')
    if (lost) end = { seq: upTo, hash: null }
    stretch = null
  }
  const follow = ({ record, hash }: ChainedRecord, piece: Piece): void => {
    const next: ChainPosition = { seq: record.seq, hash }
    if (stretch) closeStretch(record.seq - 1)
    const expected = end.seq + 1
    if (record.seq < expected)
      return report('broken-link', piece, `record ${record.seq} stands where ${expected} is due: repeated or moved`)
    if (record.seq > expected)
      report('broken-link', piece, `record ${record.seq} stands where ${expected} is due`, { fromSeq: expected, toSeq: record.seq - 1 })
    else if (end.hash !== null && record.previousHash !== end.hash)
      report('broken-link', piece, `record ${record.seq} does not continue the record before it: one of the two was changed`)
    end = next
  }
  const takePiece = (piece: Piece): void => {
    const readTo = piece.found.at(-1)?.end ?? 0
    const isWhole = piece.found.length === 1 && piece.found[0]?.start === 0 && readTo === piece.content.length && piece.isEnded
    for (const { chained, start: from } of piece.found) {
      const isForeign = chained.record.incarnation !== incarnation
      records.push({ chained, byte: piece.byte + from, isForeign })
      if (isForeign) report('foreign-line', piece, `a record of the journal ${chained.record.incarnation}`)
      else follow(chained, piece)
    }
    if (piece.found.length === 0 || (piece.isEnded && readTo < piece.content.length)) extend(piece)
    else if (!isWhole && (piece.isEnded || !isLast)) report('damaged-line', piece, 'the end of the line was changed; the records are whole')
  }

  for (const piece of pieces.slice(0, torn)) takePiece(piece)
  const open = stretch as Stretch | null
  if (open) closeStretch(nextFirstSeq === null ? end.seq + (open.looksOurs ? Math.max(1, open.begun) : 0) : nextFirstSeq - 1)

  const last = pieces[torn - 1]
  const isUnended = last !== undefined && !last.isEnded && last.found.length > 0
  const lastEnd = last?.found.at(-1)?.end ?? 0
  const size = last === undefined ? 0 : isUnended && isLast ? last.byte + lastEnd : last.byte + last.bytes
  if (isLast && (size < bytes.length || isUnended)) {
    const place = pieces[torn] ?? last
    const line = place ? { ...place, bytes: bytes.length - place.byte } : { byte: 0, bytes: bytes.length, line: 1 }
    report('torn-tail', line, `the last write did not end: ${bytes.length - size} bytes`)
  }
  return { findings, records, end, size, isUnended }
}
