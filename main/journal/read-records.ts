/** Reads durable records by their numbers, through the segments' byte offsets. */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Disk } from './disk.ts'
import { decodeLine } from './record-line.ts'
import type { Segment } from './segment.ts'

/** Bounds one answer; a record alone may be larger than this. */
const maxBytes = 32_000_000

/** Records with seq > afterSeq, ascending: at most `limit`, fewer at the end or where they are very large, none only at the end. */
export const readRecords = async (disk: Disk, segments: readonly Segment[], afterSeq: number, limit: number): Promise<TidelineRecord[]> => {
  const records: TidelineRecord[] = []
  let bytes = 0
  for (let at = segmentOf(segments, afterSeq + 1); at < segments.length && records.length < limit && bytes < maxBytes; at += 1) {
    const segment = segments[at]
    if (!segment) break
    const first = afterSeq + 1 + records.length - segment.firstSeq
    const range = rangeOf(segment, first, limit - records.length, maxBytes - bytes)
    if (range.count <= 0) continue
    records.push(...(await readRange(disk, segment, range)))
    bytes += range.end - range.start
  }
  return records
}

/** Index of the last segment that starts at or before the number. */
const segmentOf = (segments: readonly Segment[], seq: number): number => {
  let low = 0
  let high = segments.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((segments[middle]?.firstSeq ?? Infinity) <= seq) low = middle
    else high = middle - 1
  }
  return low
}

interface ByteRange {
  start: number
  end: number
  count: number
}

const rangeOf = (segment: Segment, first: number, limit: number, budget: number): ByteRange => {
  const start = segment.offsets[first]
  if (start === undefined) return { start: 0, end: 0, count: 0 }
  let count = Math.min(limit, segment.offsets.length - first)
  const endOf = (n: number): number => segment.offsets[first + n] ?? segment.size
  while (count > 1 && endOf(count) - start > budget) count = Math.ceil(count / 2)
  return { start, end: endOf(count), count }
}

const readRange = async (disk: Disk, segment: Segment, range: ByteRange): Promise<TidelineRecord[]> => {
  const file = await disk.openToRead(segment.path)
  if (!file) throw new Error(`${segment.path} is gone`)
  try {
    const bytes = await file.read(range.start, range.end - range.start)
    const records: TidelineRecord[] = []
    for (let at = 0; at < bytes.length;) {
      const lineEnd = bytes.indexOf(0x0a, at)
      const chained = lineEnd < 0 ? null : decodeLine(bytes.subarray(at, lineEnd))
      if (!chained) throw new Error(`${segment.path}: no whole record at byte ${range.start + at}`)
      records.push(chained.record)
      at = lineEnd + 1
    }
    return records
  } finally {
    await file.close()
  }
}
