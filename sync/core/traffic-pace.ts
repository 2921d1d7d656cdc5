/**
 * What transfers have shown: how fast the line really is from one message's end to the next one's, and how large a record and a
 * feed's entry are on the wire. Newer transfers weigh more. From it: how large a message may be under a bound per second.
 */
import { z } from 'zod'

const sumsSchema = z.strictObject({ bytes: z.number().min(0), per: z.number().min(0) })
type Sums = z.infer<typeof sumsSchema>

export const paceSchema = z.strictObject({
  /** Per millisecond that the line was busy. */
  line: sumsSchema,
  /** Per piece; `record` and the names of the feeds. */
  pieces: z.record(z.string().max(32), sumsSchema),
})
export type Pace = z.infer<typeof paceSchema>

export const unknownPace: Pace = { line: { bytes: 0, per: 0 }, pieces: {} }

const fading = 0.9
/** Smaller messages tell of delays, not of speed. */
const tellingBytes = 4_000
/** A longer pause before a message was nobody working. */
const longestPauseMs = 2_000
const assumedBytes: Record<string, number> = { record: 1_400 }
const assumedEntryBytes = 400
/** A message under a bound takes about so long. */
const messageSeconds = 2

const add = (sums: Sums, bytes: number, per: number): Sums => ({ bytes: sums.bytes * fading + bytes, per: sums.per * fading + per })

export interface Transfer {
  bytes: number
  askedAtMs: number
  releasedAtMs: number
  doneAtMs: number
  /** When the transfer before was done. */
  previousAtMs: number
}

export const learnSpeed = (pace: Pace, { bytes, askedAtMs, releasedAtMs, doneAtMs, previousAtMs }: Transfer): Pace => {
  if (bytes < tellingBytes) return pace
  const pauseMs = askedAtMs - previousAtMs
  const busyMs = doneAtMs - Math.max(releasedAtMs, previousAtMs) + (pauseMs > 0 && pauseMs <= longestPauseMs ? pauseMs : 0)
  return busyMs < 0 ? pace : { ...pace, line: add(pace.line, bytes, busyMs) }
}

export const learnPieces = (pace: Pace, piece: string, bytes: number, count: number): Pace =>
  count === 0 ? pace : { ...pace, pieces: { ...pace.pieces, [piece]: add(pace.pieces[piece] ?? { bytes: 0, per: 0 }, bytes, count) } }

export const bytesPerSecondOfLine = ({ line }: Pace): number | undefined =>
  line.bytes === 0 ? undefined : (line.bytes * 1_000) / Math.max(1, line.per)

export const bytesPerPiece = ({ pieces }: Pace, piece: string): number => {
  const sums = pieces[piece]
  return sums && sums.per > 0 ? sums.bytes / sums.per : (assumedBytes[piece] ?? assumedEntryBytes)
}

/** How many pieces a message may carry; at least one. */
export const piecesPerMessage = (pace: Pace, piece: string, bytesPerSecond: number | null): number =>
  bytesPerSecond === null ? Infinity : Math.max(1, Math.floor((bytesPerSecond * messageSeconds) / bytesPerPiece(pace, piece)))
