/** What is still to happen, earliest first; what is due at one moment goes in the order it was put down. */

export interface Agenda<T> {
  put(atMs: number, what: T): void
  /** The earliest that is due by then, taken off. */
  takeUntil(atMs: number): { atMs: number; what: T } | undefined
}

type Entry<T> = { atMs: number; order: number; what: T }

export const createAgenda = <T>(): Agenda<T> => {
  const heap: Entry<T>[] = []
  let order = 0
  const isBefore = (x: Entry<T>, y: Entry<T>): boolean => x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order)
  const put = (atMs: number, what: T): void => {
    const entry = { atMs, order: (order += 1), what }
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = heap[(at - 1) >> 1]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[at] = parent
      at = (at - 1) >> 1
    }
    heap[at] = entry
  }
  const sink = (entry: Entry<T>): void => {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      let least = heap[child]
      const right = heap[child + 1]
      if (least !== undefined && right !== undefined && isBefore(right, least)) {
        child += 1
        least = right
      }
      if (least === undefined || !isBefore(least, entry)) break
      heap[at] = least
      at = child
    }
    heap[at] = entry
  }
  return {
    put,
    takeUntil: (atMs) => {
      const [first] = heap
      if (first === undefined || first.atMs > atMs) return undefined
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) sink(last)
      return first
    },
  }
}
