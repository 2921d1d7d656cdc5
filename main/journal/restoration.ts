/**
 * Records of former lives that came back, appended to the present one. A crash may come between the append and the manifest that says
 * what is still missing: what was appended by then is recognised, and not appended again.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import { fitRecords, type Hole } from './hole.ts'
import type { JournalEntry } from './waiting.ts'

export interface RestorationPorts {
  holes(): readonly Hole[]
  read(afterSeq: number, limit: number): Promise<TidelineRecord[]>
  append(entries: readonly JournalEntry[]): Promise<TidelineRecord[]>
  /** Durably. */
  keepHoles(change: (holes: readonly Hole[]) => Hole[]): Promise<void>
  onRestored(records: readonly TidelineRecord[]): void
}

export interface Restored {
  restored: number
  refused: number
}

const pageRecords = 500
const likeness = ({ kind, capturedAt, payloadHash }: TidelineRecord): string => `${kind} ${capturedAt} ${payloadHash}`

export const createRestoration = (ports: RestorationPorts): ((records: readonly TidelineRecord[]) => Promise<Restored>) => {
  let known: Set<string> | null = null
  let last: Promise<unknown> = Promise.resolve()

  const readKnown = async (): Promise<Set<string>> => {
    const found = new Set<string>()
    let after = Math.min(...ports.holes().map(({ since }) => since))
    for (let page = await ports.read(after, pageRecords); page.length > 0; page = await ports.read(after, pageRecords)) {
      for (const record of page) found.add(likeness(record))
      after = page.at(-1)?.seq ?? Infinity
    }
    return found
  }
  const restore = async (records: readonly TidelineRecord[]): Promise<Restored> => {
    const { accepted } = fitRecords(ports.holes(), records)
    if (accepted.length === 0) return { restored: 0, refused: records.length }
    const before = (known ??= await readKnown())
    // Lost again after it came back, a record is missing in two lives: it comes back once.
    const fresh = new Map(accepted.filter((record) => !before.has(likeness(record))).map((record) => [likeness(record), record]))
    const appended = await ports.append(
      [...fresh.values()].map(({ kind, payload, capturedAt }) => ({ kind, payloadText: payload, capturedAt })),
    )
    for (const record of appended) before.add(likeness(record))
    ports.onRestored(appended)
    await ports.keepHoles((holes) => fitRecords(holes, accepted).holes)
    // As large as the journal is long, and of no more use.
    if (ports.holes().length === 0) known = null
    return { restored: accepted.length, refused: records.length - accepted.length }
  }
  return (records) => {
    const turn = last.then(() => restore(records))
    last = turn.catch(() => undefined)
    return turn
  }
}
