/**
 * What one life of a journal holds on the disk: its records, what does not fit and where, and which numbers are missing.
 * It only reads: opening the journal and looking at it from outside see the same.
 */
import { basename, join } from 'node:path'
import { genesisHash } from '#sync/contract/record.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { Disk } from './disk.ts'
import type { Finding } from './finding.ts'
import { createCoverage, type HoleRange } from './hole.ts'
import { type Expected, inspectSegment, type SegmentInspection } from './inspect-segment.ts'
import type { ChainedRecord } from './record-line.ts'
import { type ChainPosition, readSegment, type Segment, segmentName, segmentStarts } from './segment.ts'

export interface LoadedJournal {
  /** Of use only when nothing but a torn tail was found. */
  segments: Segment[]
  end: ChainPosition
  /** The newest segment's whole records, and the bytes behind them. */
  tail: { whole: Uint8Array; torn: Uint8Array } | null
  findings: Finding[]
  holes: HoleRange[]
  records: number
  /** Files of what was pruned: they should be gone. */
  leftovers: string[]
}

export const genesis: ChainPosition = { seq: 0, hash: genesisHash }

export interface LifeOnDisk {
  dir: string
  incarnation: Incarnation
  /** The last record that was pruned; null where nobody knows whether any was. */
  base: ChainPosition | null
}

export type Visit = (chained: ChainedRecord, place: { segment: string; byte: number }) => void | Promise<void>

/** `visit` sees every record once, those behind a fault too: in the files' order, and by number within a file. */
export const loadJournal = async (disk: Disk, life: LifeOnDisk, visit?: Visit): Promise<LoadedJournal> => {
  const { dir, incarnation, base } = life
  const all = segmentStarts(await disk.list(dir), incarnation)
  const starts = base ? all.filter((firstSeq) => firstSeq > base.seq) : all
  const leftovers = all.slice(0, all.length - starts.length).map((firstSeq) => join(dir, segmentName(incarnation, firstSeq)))
  const loaded: LoadedJournal = { segments: [], end: base ?? genesis, tail: null, findings: [], holes: [], records: 0, leftovers }
  const coverage = createCoverage()
  let expected: Expected = base ?? { seq: (starts[0] ?? 1) - 1, hash: starts[0] === 1 ? genesisHash : null }

  for (const [index, firstSeq] of starts.entries()) {
    const path = join(dir, segmentName(incarnation, firstSeq))
    const bytes = await readSegment(disk, path)
    if (firstSeq > expected.seq + 1) {
      loaded.findings.push(missingSegment(incarnation, expected.seq + 1, firstSeq - 1))
      expected = { seq: firstSeq - 1, hash: null }
    }
    const inspection = inspectSegment({
      name: basename(path),
      bytes,
      incarnation,
      start: expected,
      nextFirstSeq: starts[index + 1] ?? null,
    })
    loaded.findings.push(...inspection.findings)
    for (const { chained, isForeign } of inspection.records) if (!isForeign) coverage.add(chained)
    const once = inspection.findings.length === 0 ? inspection.records : eachOnce(inspection)
    loaded.records += once.length
    for (const one of visit ? once : []) {
      const visited = visit?.(one.chained, { segment: basename(path), byte: one.byte })
      if (visited) await visited
    }
    expected = inspection.end
    loaded.segments.push({ path, firstSeq, offsets: inspection.records.map(({ byte }) => byte), size: wholeSize(inspection) })
    if (index === starts.length - 1) loaded.tail = tailOf(bytes, inspection)
  }
  loaded.end = { seq: expected.seq, hash: expected.hash ?? genesisHash }
  loaded.holes = coverage.holes(base, loaded.findings)
  loaded.findings = loaded.findings.map((finding) => withoutFound(finding, loaded.holes))
  return loaded
}

export const isDamaged = ({ findings }: LoadedJournal): boolean => findings.some(({ kind }) => kind !== 'torn-tail')

const missingSegment = (incarnation: Incarnation, fromSeq: number, toSeq: number): Finding => ({
  ...{ kind: 'missing-segment', segment: segmentName(incarnation, fromSeq), byte: 0, bytes: 0, line: 1 },
  ...{ lost: { fromSeq, toSeq }, message: 'a file is gone, or the one before it was cut off' },
})

const eachOnce = ({ records }: SegmentInspection): SegmentInspection['records'] => {
  const seen = new Set<string>()
  const once = records.filter(({ chained }) => !seen.has(chained.hash) && seen.add(chained.hash))
  return once.sort((a, b) => a.chained.record.seq - b.chained.record.seq)
}

const wholeSize = ({ size, isUnended }: SegmentInspection): number => (isUnended ? size + 1 : size)

const tailOf = (bytes: Uint8Array, { size, isUnended }: SegmentInspection): LoadedJournal['tail'] => {
  const whole = bytes.subarray(0, size)
  return { whole: isUnended ? Buffer.concat([whole, Buffer.from('\n')]) : whole, torn: bytes.subarray(size) }
}

/** A record that was moved is found elsewhere. */
const withoutFound = (finding: Finding, holes: readonly HoleRange[]): Finding => {
  const { lost, ...rest } = finding
  if (!lost || holes.some(({ fromSeq, toSeq }) => fromSeq <= lost.toSeq && toSeq >= lost.fromSeq)) return finding
  return rest
}
