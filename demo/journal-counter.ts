/** Counts a journal's records by kind from its files, reading each time only what has been added. */
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLine } from '#main/journal/record-line.ts'
import { segmentName, segmentStarts } from '#main/journal/segment.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'

type Kind = TidelineRecord['kind']
export type KindCounts = Record<Kind, number>

export interface JournalCounter {
  count(): Promise<KindCounts>
}

const readFrom = async (path: string, offset: number): Promise<Buffer> => {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.max(0, size - offset))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

const noRecords = (): KindCounts => ({
  transaction: 0,
  conflict: 0,
  quarantine: 0,
  'day-close': 0,
  exception: 0,
  'stock-document': 0,
  'price-override': 0,
})

export const openJournalCounter = (dir: string): JournalCounter => {
  let counted = ''
  let counts = noRecords()
  let offsets = new Map<number, number>()

  const countSegment = async (incarnation: string, firstSeq: number): Promise<void> => {
    const offset = offsets.get(firstSeq) ?? 0
    const bytes = await readFrom(join(dir, segmentName(incarnation, firstSeq)), offset)
    let start = 0
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      const chained = decodeLine(bytes.subarray(start, end))
      if (chained) counts[chained.record.kind] += 1
      start = end + 1
    }
    offsets.set(firstSeq, offset + start)
  }

  return {
    count: async () => {
      const { incarnation } = JSON.parse(await readFile(join(dir, 'journal.json'), 'utf8')) as { incarnation: string }
      if (incarnation !== counted) {
        counted = incarnation
        counts = noRecords()
        offsets = new Map()
      }
      for (const firstSeq of segmentStarts(await readdir(dir), incarnation)) await countSegment(incarnation, firstSeq)
      return { ...counts }
    },
  }
}
