/** How often each fault really happened. */
export interface Tally {
  count(fault: string, times?: number): void
  readonly counts: Readonly<Record<string, number>>
}

export const createTally = (): Tally => {
  const counts: Record<string, number> = {}
  return {
    count: (fault, times = 1) => void (counts[fault] = (counts[fault] ?? 0) + times),
    counts,
  }
}

export const addCounts = (into: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [fault, times] of Object.entries(more)) into[fault] = (into[fault] ?? 0) + times
}
