/** What waits for its turn to be written: bounded in entries and in characters, so that a slow disk is felt by tills and not by memory. */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import type { CannotWrite } from './cannot-write.ts'

export interface JournalEntry {
  kind: TidelineRecord['kind']
  payloadText: string
  /** Of a record that was captured before; else it is captured now. */
  capturedAt?: Instant
}

export interface Waiting {
  entries: readonly JournalEntry[]
  capturedAt: Instant
  resolve(records: TidelineRecord[]): void
  reject(error: CannotWrite): void
}

export interface WaitingLine {
  readonly length: number
  /** False, and not taken, when the line is full. What finds it empty is always taken. */
  push(one: Waiting): boolean
  /** Whole appends that share one sync, up to a bound, at least one. */
  takeBatch(): Waiting[]
}

export interface WaitingBounds {
  appends: number
  characters: number
}

export const waitingBounds: WaitingBounds = { appends: 5_000, characters: 64_000_000 }
const maxBatchCharacters = 8_000_000

const charactersOf = ({ entries }: Waiting): number => entries.reduce((sum, { payloadText }) => sum + payloadText.length, 0)

export const createWaitingLine = (bounds: WaitingBounds): WaitingLine => {
  const line: Waiting[] = []
  let characters = 0

  const push = (one: Waiting): boolean => {
    const more = charactersOf(one)
    if (line.length > 0 && (line.length >= bounds.appends || characters + more > bounds.characters)) return false
    line.push(one)
    characters += more
    return true
  }
  const takeBatch = (): Waiting[] => {
    let taken = 0
    let count = 0
    while (count < line.length && (count === 0 || taken < maxBatchCharacters)) {
      const next = line[count]
      taken += next ? charactersOf(next) : 0
      count += 1
    }
    characters -= taken
    return line.splice(0, count)
  }
  return {
    get length() {
      return line.length
    },
    push,
    takeBatch,
  }
}
