/**
 * What a journal's folder holds when it is opened: the verified chain, its torn tail if there is one, and whether something is wrong
 * that no torn tail explains (a fault with whole records behind it, a segment missing).
 */
import { join } from 'node:path'
import { genesisHash } from '#sync/contract/record.ts'
import type { Disk } from './disk.ts'
import type { ChainedRecord } from './record-line.ts'
import { type ChainPosition, scanSegment, type Segment, segmentName, segmentStarts } from './segment.ts'

export interface LoadedJournal {
  segments: Segment[]
  end: ChainPosition
  /** The last segment's whole records, and the bytes behind them. */
  tail: { whole: Uint8Array; torn: Uint8Array } | null
  damaged: boolean
}

export const genesis: ChainPosition = { seq: 0, hash: genesisHash }

/** `visit` sees every whole record in order, those behind a fault too. */
export const loadJournal = async (
  disk: Disk,
  dir: string,
  incarnation: string,
  visit?: (chained: ChainedRecord) => void,
): Promise<LoadedJournal> => {
  const starts = segmentStarts(await disk.list(dir), incarnation)
  const loaded: LoadedJournal = { segments: [], end: genesis, tail: null, damaged: false }
  for (const [index, firstSeq] of starts.entries()) {
    const path = join(dir, segmentName(incarnation, firstSeq))
    const bytes = (await disk.readWhole(path)) ?? new Uint8Array()
    if (firstSeq !== loaded.end.seq + 1) loaded.damaged = true
    const scan = scanSegment(bytes, loaded.end, visit)
    for (const chained of scan.stranded) visit?.(chained)
    const isLast = index === starts.length - 1
    if (scan.stranded.length > 0 || (!isLast && scan.size < bytes.length)) loaded.damaged = true
    if (isLast) loaded.tail = { whole: bytes.subarray(0, scan.size), torn: bytes.subarray(scan.size) }
    loaded.segments.push({ path, firstSeq, offsets: scan.offsets, size: scan.size })
    loaded.end = scan.end
  }
  return loaded
}
