/**
 * Reads durable records by their numbers, through the segments' byte offsets. Single records are looked up in neighbourhoods, the last few
 * of which are kept as bytes: a file that comes again asks for one known record after the other, and tills wait for the same disk.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Disk } from './disk.ts'
import { decodeLine } from './record-line.ts'
import type { Segment } from './segment.ts'

/** Bounds one answer; a record alone may be larger than this. */
const maxBytes = 32_000_000

/** Records with seq > afterSeq, ascending: at most `limit`, fewer at the end or where they are very large, none only at the end. */
export type ReadRecords = (segments: readonly Segment[], afterSeq: number, limit: number) => Promise<TidelineRecord[]>

export const createRecordReader = (disk: Disk): ReadRecords => {
  const readOne = createLookup(disk)
  return async (segments, afterSeq, limit) => {
    if (limit !== 1) return readMany(disk, segments, afterSeq, limit)
    const segment = segments[segmentOf(segments, afterSeq + 1)]
    const at = segment ? afterSeq + 1 - segment.firstSeq : -1
    const one = segment && at >= 0 && at < segment.offsets.length ? await readOne(segment, at) : null
    return one ? [one] : readMany(disk, segments, afterSeq, limit)
  }
}

const neighbours = 128
const maxNeighbourhoodBytes = 262_144
const keptNeighbourhoods = 4

interface Neighbourhood {
  start: number
  end: number
  bytes: Promise<Uint8Array>
}

/** Durable bytes never change, and no path comes twice: what is kept cannot be out of date. Null where the records are very large. */
const createLookup = (disk: Disk) => {
  const kept = new Map<string, Neighbourhood>()

  const load = (segment: Segment, key: string, from: number): Neighbourhood | null => {
    const start = segment.offsets[from] ?? segment.size
    const end = segment.offsets[from + neighbours] ?? segment.size
    if (end - start > maxNeighbourhoodBytes) return null
    const bytes = readBytes(disk, segment, start, end)
    bytes.catch(() => kept.delete(key))
    return { start, end, bytes }
  }
  return async (segment: Segment, at: number): Promise<TidelineRecord | null> => {
    const from = at - (at % neighbours)
    const key = `${segment.path} ${from}`
    const [start, end] = [segment.offsets[at] ?? segment.size, segment.offsets[at + 1] ?? segment.size]
    const known = kept.get(key)
    const found = known && known.end >= end ? known : load(segment, key, from)
    if (!found) return null
    kept.delete(key)
    kept.set(key, found)
    for (const oldest of kept.keys()) if (kept.size > keptNeighbourhoods) kept.delete(oldest)
    return decodeRecord(segment, (await found.bytes).subarray(start - found.start, end - found.start - 1), start)
  }
}

const readMany = async (disk: Disk, segments: readonly Segment[], afterSeq: number, limit: number): Promise<TidelineRecord[]> => {
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
  const bytes = await readBytes(disk, segment, range.start, range.end)
  const records: TidelineRecord[] = []
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(0x0a, at)
    records.push(decodeRecord(segment, bytes.subarray(at, lineEnd < 0 ? at : lineEnd), range.start + at))
    at = lineEnd + 1
  }
  return records
}

const decodeRecord = (segment: Segment, line: Uint8Array, byte: number): TidelineRecord => {
  const chained = decodeLine(line)
  if (!chained) throw new Error(`${segment.path}: no whole record at byte ${byte}`)
  return chained.record
}

const readBytes = async (disk: Disk, segment: Segment, start: number, end: number): Promise<Uint8Array> => {
  const file = await disk.openToRead(segment.path)
  if (!file) throw new Error(`${segment.path} is gone`)
  try {
    return await file.read(start, end - start)
  } finally {
    await file.close()
  }
}
