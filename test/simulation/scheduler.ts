/**
 * One virtual time for the whole world. Everything that happens is an event here, and the next one is taken only when nothing runs:
 * so one seed gives one history, and the hash of all events' names and times tells two histories apart.
 */
export interface Scheduler {
  /** Milliseconds since the world began. */
  nowMs(): number
  /** The returned function cancels. */
  after(delayMs: number, what: string, happen: () => void): () => void
  /** A fact that belongs to the history. */
  note(text: string): void
  /** Takes events until the time is reached or the condition holds; false when time ran out. */
  runUntil(endMs: number, isDone?: () => boolean): Promise<boolean>
  /** Lets what runs come to rest, without taking an event. */
  settle(): Promise<void>
  readonly events: number
  readonly traceHash: string
  /** The newest facts and events, oldest first; kept only when asked for. */
  readonly story: readonly string[]
}

interface Event {
  dueMs: number
  order: number
  what: string
  happen: (() => void) | null
}

/** A binary heap by time, then by the order of asking. */
const createQueue = () => {
  const heap: Event[] = []
  const isBefore = (a: Event, b: Event): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
  const swap = (i: number, j: number): void => {
    const a = heap[i] as Event
    heap[i] = heap[j] as Event
    heap[j] = a
  }
  const push = (event: Event): void => {
    heap.push(event)
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at] as Event, heap[parent] as Event)) return
      swap(at, parent)
      at = parent
    }
  }
  const sink = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right] as Event, heap[left] as Event) ? right : left
      if (!isBefore(heap[child] as Event, heap[at] as Event)) return
      swap(at, child)
      at = child
    }
  }
  const pop = (): Event | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (first && last && first !== last) {
      heap[0] = last
      sink()
    }
    return first
  }
  return { push, pop, peek: (): Event | undefined => heap[0] }
}

/** A macrotask's turn: every promise that can go on without an event has gone on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const storyLength = 400

export interface Outside {
  /** Calls that are under way outside the scheduler, such as SQL. */
  underWay(): number
}

export const createScheduler = ({ keepStory = false } = {}): Scheduler & { outside: Outside | null } => {
  const queue = createQueue()
  const story: string[] = []
  let nowMs = 0
  let order = 0
  let events = 0
  let low = 0x811c9dc5
  let high = 0x01000193

  const hash = (text: string): void => {
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
    }
  }
  const tell = (text: string): void => {
    hash(`${nowMs} ${text}\n`)
    if (!keepStory) return
    story.push(`${String(nowMs).padStart(8)} ms  ${text}`)
    if (story.length > storyLength) story.shift()
  }
  const scheduler = {
    outside: null as Outside | null,
    nowMs: () => nowMs,
    after: (delayMs: number, what: string, happen: () => void) => {
      const event: Event = { dueMs: nowMs + Math.max(0, Math.round(delayMs)), order: order++, what, happen }
      queue.push(event)
      return () => void (event.happen = null)
    },
    note: tell,
    settle: async () => {
      do await turn()
      while ((scheduler.outside?.underWay() ?? 0) > 0)
    },
    runUntil: async (endMs: number, isDone: () => boolean = () => false) => {
      for (await scheduler.settle(); !isDone(); await scheduler.settle()) {
        while (queue.peek()?.happen === null) queue.pop()
        const next = queue.peek()
        if (!next || next.dueMs > endMs) {
          nowMs = Math.max(nowMs, endMs)
          return isDone()
        }
        queue.pop()
        nowMs = next.dueMs
        events += 1
        tell(next.what)
        next.happen?.()
      }
      return true
    },
    get events() {
      return events
    },
    get traceHash() {
      return `${(low >>> 0).toString(16).padStart(8, '0')}${(high >>> 0).toString(16).padStart(8, '0')}`
    },
    get story() {
      return story
    },
  }
  return scheduler
}
