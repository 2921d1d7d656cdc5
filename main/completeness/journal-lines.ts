/**
 * Reads a journal's folder strictly and without touching it, also while its agent runs: every byte of a line must be as we write it, and
 * every line must continue the chain. What is behind the last newline is still being written and is left alone.
 */
import { basename, join } from 'node:path'
import { genesisHash } from '#sync/contract/record.ts'
import type { Disk } from '../journal/disk.ts'
import { type ChainedRecord, decodeLine, encodeLine } from '../journal/record-line.ts'
import { readSegment, segmentName, segmentStarts } from '../journal/segment.ts'

export interface Fault {
  segment: string
  byte: number
  /** The record that should stand there. */
  seq: number
  message: string
}
export type StrictLine = { chained: ChainedRecord } | { fault: Fault }

const newline = 0x0a

/** The line with its newline; null unless every byte of it is ours. */
const readStrictly = (bytes: Uint8Array): ChainedRecord | null => {
  const chained = decodeLine(bytes.subarray(0, -1))
  return chained && Buffer.compare(encodeLine(chained), bytes) === 0 ? chained : null
}

/** A whole record whose newline is another byte: no writing under way looks like that. */
const endsWrongly = (rest: Uint8Array): boolean => decodeLine(rest.subarray(0, -1)) !== null

export const readLines = async function* (disk: Disk, dir: string, incarnation: string): AsyncGenerator<StrictLine> {
  let end: { seq: number; hash: string | undefined } | undefined
  const starts = segmentStarts(await disk.list(dir), incarnation)
  for (const firstSeq of starts) {
    const path = join(dir, segmentName(incarnation, firstSeq))
    const bytes = await readSegment(disk, path)
    // A journal that was pruned begins with a later number, and what its first record follows is not known here.
    end ??= firstSeq === 1 ? { seq: 0, hash: genesisHash } : undefined
    let at = 0
    for (let stop = bytes.indexOf(newline); stop >= 0; at = stop + 1, stop = bytes.indexOf(newline, at)) {
      const chained = readStrictly(bytes.subarray(at, stop + 1))
      const place = { segment: basename(path), byte: at, seq: end ? end.seq + 1 : firstSeq }
      if (!chained) yield { fault: { ...place, message: 'the line is not what its hash says' } }
      else if (end && (chained.record.seq !== end.seq + 1 || chained.record.previousHash !== (end.hash ?? chained.record.previousHash)))
        yield { fault: { ...place, message: `record ${chained.record.seq} does not continue the chain` } }
      if (chained) yield { chained }
      end = chained ? { seq: chained.record.seq, hash: chained.hash } : { seq: place.seq, hash: undefined }
    }
    const rest = bytes.subarray(at)
    if (rest.length > 0 && (firstSeq !== starts.at(-1) || endsWrongly(rest)))
      yield {
        fault: { segment: basename(path), byte: at, seq: end ? end.seq + 1 : firstSeq, message: 'the last line does not end as it should' },
      }
  }
}
