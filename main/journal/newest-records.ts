/**
 * The newest durable records, in memory: the books, the engine and a till that repeats itself read what was just written without the
 * disk, and without checking its hashes again. Bounded; what is older is read from the segments.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'

export interface NewestRecords {
  /** Durable ones that follow those before. */
  add(records: readonly TidelineRecord[]): void
  /** Null where the range begins before what is kept, or in another life. */
  of(incarnation: Incarnation, afterSeq: number, limit: number): TidelineRecord[] | null
}

const bounds = { records: 1_000, characters: 4_000_000 }

export const createNewestRecords = (): NewestRecords => {
  let kept: TidelineRecord[] = []
  let characters = 0

  /** Half of it goes at once, so that going costs little. */
  const shrink = (): void => {
    while (kept.length > 0 && (kept.length > bounds.records || characters > bounds.characters)) {
      const going = kept.slice(0, Math.ceil(kept.length / 2))
      kept = kept.slice(going.length)
      characters -= charactersOf(going)
    }
  }
  return {
    add: (records) => {
      const [first] = records
      const last = kept.at(-1)
      if (!first) return
      if (last && (last.incarnation !== first.incarnation || last.seq + 1 !== first.seq)) {
        kept = []
        characters = 0
      }
      kept.push(...records)
      characters += charactersOf(records)
      shrink()
    },
    of: (incarnation, afterSeq, limit) => {
      const [first] = kept
      if (!first || first.incarnation !== incarnation || afterSeq + 1 < first.seq) return null
      const from = afterSeq + 1 - first.seq
      return kept.slice(from, from + limit)
    },
  }
}

const charactersOf = (records: readonly TidelineRecord[]): number => records.reduce((sum, { payload }) => sum + payload.length, 0)
