/**
 * Follows a journal's files beside the agent that writes them, reading only what is new: each line must be a whole record of the
 * one incarnation, numbered next and linked to the one before, and the last line read before must still be where it was.
 * A last line without its end is not a record yet.
 */
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLine } from '#main/journal/record-line.ts'
import { segmentName, segmentStarts } from '#main/journal/segment.ts'
import { genesisHash, type TidelineRecord } from '#sync/contract/record.ts'

export interface JournalFollower {
  /** Hands each new record to `see`; throws where the chain does not hold. */
  follow(see: (record: TidelineRecord) => void): Promise<void>
  readonly seq: number
}

const incarnationIn = async (dir: string): Promise<string> =>
  (JSON.parse(await readFile(join(dir, 'journal.json'), 'utf8')) as { incarnation: string }).incarnation

const readFrom = async (path: string, position: number): Promise<Uint8Array> => {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size < position) throw new Error(`${path} was cut to ${size} bytes, below records that were whole before`)
    const bytes = new Uint8Array(size - position)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, position)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

export const followJournal = async (dir: string): Promise<JournalFollower> => {
  const incarnation = await incarnationIn(dir)
  let end: { seq: number; hash: string } = { seq: 0, hash: genesisHash }
  /** Where the last record read begins, and its number and predecessor. */
  let last = { segment: 1, position: 0, before: end }

  const followSegment = async (firstSeq: number, see: (record: TidelineRecord) => void): Promise<void> => {
    const isLast = firstSeq === last.segment
    const start = isLast ? last.position : 0
    const path = join(dir, segmentName(incarnation, firstSeq))
    const bytes = await readFrom(path, start)
    const known = end.seq
    const knownHash = end.hash
    let position = isLast ? last.before : end
    for (let at = 0, lineEnd = bytes.indexOf(0x0a); lineEnd >= 0; at = lineEnd + 1, lineEnd = bytes.indexOf(0x0a, at)) {
      const chained = decodeLine(bytes.subarray(at, lineEnd))
      if (chained?.record.seq !== position.seq + 1 || chained.record.previousHash !== position.hash)
        throw new Error(`${path}: the chain breaks at byte ${start + at}, behind record ${position.seq}`)
      last = { segment: firstSeq, position: start + at, before: position }
      position = { seq: chained.record.seq, hash: chained.hash }
      if (position.seq > known) see(chained.record)
      else if (position.hash !== knownHash) throw new Error(`${path}: record ${position.seq} is not the one it was`)
    }
    if (position.seq < known) throw new Error(`${path}: record ${known} is gone`)
    end = position
  }

  return {
    follow: async (see) => {
      const now = await incarnationIn(dir)
      if (now !== incarnation) throw new Error(`the incarnation changed from ${incarnation} to ${now} without a reason`)
      for (const firstSeq of segmentStarts(await readdir(dir), incarnation))
        if (firstSeq >= last.segment) await followSegment(firstSeq, see)
    },
    get seq() {
      return end.seq
    },
  }
}
