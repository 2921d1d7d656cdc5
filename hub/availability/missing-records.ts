/**
 * How many records of a store the hub knows of and lacks, of those that an item's last count does not contain. Pure.
 *
 *   the journal      what the store says its journal lost; nothing tells of which day
 *   receipt numbers  each open MISSING_NUMBER: its range, at most what the store sells on an average day (a larger hole is a counter that jumped)
 *   comparisons      a day that the log lacks records of: what an average day has more than the hub holds of it, at least one
 */
export interface MissingRecords {
  /** Absent: nothing tells of which day. */
  day?: string
  records: number
}

export interface KnownGap {
  kind: 'numbers' | 'day'
  day: string
  /** Of a range of numbers how many; of a day how many the hub holds. */
  count: number
}

export const missingOf = (lostByJournal: number, gaps: readonly KnownGap[], receiptsPerDay: number | undefined): MissingRecords[] => [
  ...(lostByJournal > 0 ? [{ records: lostByJournal }] : []),
  ...gaps.map(({ kind, day, count }) => ({
    day,
    records:
      kind === 'numbers'
        ? Math.min(count, Math.max(1, Math.ceil(receiptsPerDay ?? Infinity)))
        : Math.max(1, Math.ceil(receiptsPerDay ?? 0) - count),
  })),
]

/** A count contains the days before its own. */
export const missingSince = (missing: readonly MissingRecords[], countDay: string | undefined): number =>
  missing.reduce((sum, { day, records }) => (day !== undefined && countDay !== undefined && day < countDay ? sum : sum + records), 0)
