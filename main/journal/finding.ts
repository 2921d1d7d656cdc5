/**
 * What does not fit in a journal, and where.
 *
 *   torn-tail         the last write did not end; nobody was answered for it
 *   damaged-line      a line that is not what its own hash says
 *   broken-link       a whole line that does not continue the chain: one was changed, removed, repeated or moved
 *   missing-segment   a file is gone, or the one before was cut off
 *   foreign-line      not ours, or of another journal; it covers no record
 */
export type FindingKind = 'torn-tail' | 'damaged-line' | 'broken-link' | 'missing-segment' | 'foreign-line'

export interface Finding {
  kind: FindingKind
  /** The file's name; of a missing one, the name that it had. */
  segment: string
  /** Where it begins and how long it is. */
  byte: number
  bytes: number
  /** From 1. */
  line: number
  /** The records that cannot be read because of it, where there are any. */
  lost?: { fromSeq: number; toSeq: number }
  /** For people. */
  message: string
}

const nameOf: Record<FindingKind, string> = {
  'torn-tail': 'torn tail',
  'damaged-line': 'damaged line',
  'broken-link': 'broken link',
  'missing-segment': 'missing segment',
  'foreign-line': 'foreign line',
}

export const describeFinding = ({ kind, segment, byte, line, lost, message }: Finding): string => {
  const range = lost && (lost.fromSeq === lost.toSeq ? `record ${lost.fromSeq}` : `records ${lost.fromSeq} to ${lost.toSeq}`)
  const place = kind === 'missing-segment' ? segment : `${segment}, line ${line}, byte ${byte}`
  return `${nameOf[kind]} in ${place}: ${message}${range ? `; ${range} cannot be read` : ''}`
}
