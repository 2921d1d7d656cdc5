/** What can be made of the bytes between two newlines: a record, two that lost the newline between them, or nothing. */
import { type ChainedRecord, decodeLine } from './record-line.ts'

export interface ReadLine {
  chained: ChainedRecord
  /** Within the line. */
  start: number
  end: number
}

const newline = 0x0a
const latin = new TextDecoder('latin1')
/** A record ends, one byte is wrong, another one begins. */
const seam = /\}(?=[^][0-9a-f]{64} \{)/g

export const readLine = (bytes: Uint8Array): ReadLine[] => {
  const whole = decodeLine(bytes)
  if (whole) return [{ chained: whole, start: 0, end: bytes.length }]
  const found: ReadLine[] = []
  let start = 0
  for (const { index } of latin.decode(bytes).matchAll(seam)) {
    const chained = decodeLine(bytes.subarray(start, index + 1))
    if (!chained) continue
    found.push({ chained, start, end: index + 1 })
    start = index + 2
  }
  if (found.length === 0) return []
  const last = decodeLine(bytes.subarray(start))
  return last ? [...found, { chained: last, start, end: bytes.length }] : found
}

/** A last line whose newline alone is missing or wrong. */
export const readUnended = (bytes: Uint8Array): ReadLine | null => {
  for (const end of [bytes.length, bytes.length - 1]) {
    const chained = end > 0 ? decodeLine(bytes.subarray(0, end)) : null
    if (chained) return { chained, start: 0, end }
  }
  return null
}

/** Zeros are what a file system leaves where a write did not arrive. */
export const hasHole = (bytes: Uint8Array): boolean => bytes.includes(0) && latin.decode(bytes).includes('\0'.repeat(8))

/** Does it look like a line of ours, damaged? */
export const looksLikeRecord = (bytes: Uint8Array): boolean => {
  const text = latin.decode(bytes)
  return startsLikeRecord(bytes) || text.includes('"payloadHash":"') || text.includes('"previousHash":"')
}

export const startsLikeRecord = (bytes: Uint8Array): boolean => {
  const start = latin.decode(bytes.subarray(0, 64))
  return start.length === 64 && start.replaceAll(/[^0-9a-f]/g, '').length > 48
}

export const lineEndAt = (bytes: Uint8Array, from: number): number => bytes.indexOf(newline, from)
