/**
 * Brings back what the journal's disk lost: first from RxDB, which keeps former incarnations too, then from the hub. The journal
 * itself decides what fits its chain. Asked at the start, and at each welcome while something is missing; it holds up nothing else.
 *
 *   missing ─▶ RxDB ─▶ missing ─▶ hub ─▶ once more, if the hub's records may make those of RxDB fit
 */
import type { MissingRecords } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { cutBatch } from '#sync/core/batch-cut.ts'
import type { Clock, JournalKeeper, RecordSource } from '#sync/core/ports.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import type { Store } from '#sync/store/open-store.ts'
import { coalesce } from './coalesce.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

const pageSize = 500
/** A hub that cannot answer just now is asked again, though the line stays up. */
const askAgainMs = 60_000

export interface RecoveryPorts {
  keeper: JournalKeeper
  records: Pick<Store['records'], 'range'>
  line: Pick<HubLine, 'tryRequest' | 'state'>
  clock: Clock
  log: EngineLog
  /** How many records one answer of the hub may hold just now; without it as many as it gives. */
  pageLimit?(): number
}

export interface Recovery {
  start(): void
  welcomed(): void
  close(): Promise<void>
}

interface Taken {
  restored: number
  refused: number
}

const inPages = (records: readonly TidelineRecord[]): TidelineRecord[][] => {
  const pages: TidelineRecord[][] = []
  for (let rest = records; rest.length > 0;) {
    const count = cutBatch(
      rest.map((record) => ({ record, bytes: wireBytesOf(record) })),
      true,
    )
    pages.push(rest.slice(0, count))
    rest = rest.slice(count)
  }
  return pages
}

export const createRecovery = ({ keeper, records, line, clock, log, pageLimit }: RecoveryPorts): Recovery => {
  let settled = false
  let closed = false
  let reported = ''
  /** What was missing after RxDB was last asked: it has nothing new until that changes. */
  let lookedFor = ''
  let cancelTimer = (): void => undefined

  const handBack = async (source: RecordSource, found: readonly TidelineRecord[]): Promise<Taken> => {
    const taken: Taken = { restored: 0, refused: 0 }
    for (const page of inPages(found)) {
      const answer = await keeper.restore(source, page)
      taken.restored += answer.restored
      taken.refused += answer.refused
    }
    return taken
  }
  const report = (source: RecordSource, range: MissingRecords, { restored, refused }: Taken): void => {
    if (restored > 0) log('info', 'records that the journal had lost came back', { source, ...range, restored })
    if (refused > 0) log('warn', 'records were found that do not fit the journal', { source, ...range, refused })
  }
  const addTaken = (all: Taken, more: Taken): Taken => ({ restored: all.restored + more.restored, refused: all.refused + more.refused })

  const rangeFromDatabase = async ({ incarnation, fromSeq, toSeq }: MissingRecords): Promise<Taken> => {
    let taken: Taken = { restored: 0, refused: 0 }
    for (let seq = fromSeq; seq <= toSeq && !closed; seq += pageSize) {
      const docs = await records.range(incarnation, seq, Math.min(pageSize, toSeq - seq + 1))
      const found = docs.map((doc) => doc.record)
      taken = addTaken(taken, await handBack('local-database', found))
    }
    return taken
  }
  /** `unanswered`: the hub could not say what it has. */
  const rangeFromHub = async ({ incarnation, fromSeq, toSeq }: MissingRecords): Promise<Taken & { unanswered: boolean }> => {
    let taken: Taken = { restored: 0, refused: 0 }
    for (let seq = fromSeq; seq <= toSeq && !closed;) {
      const pageToSeq = Math.min(toSeq, seq - 1 + (pageLimit?.() ?? Infinity))
      const answer = await line.tryRequest('fetch', { incarnation, fromSeq: seq, toSeq: pageToSeq })
      if (answer?.outcome !== 'fetched') {
        log('warn', 'the hub gives no records back just now', answer ? { code: answer.code, message: answer.message } : {})
        return { ...taken, unanswered: true }
      }
      const found = answer.records.filter((r) => r.incarnation === incarnation && r.seq >= seq && r.seq <= pageToSeq)
      taken = addTaken(taken, await handBack('hub', found))
      const last = found.at(-1)
      seq = answer.more && last ? Math.max(seq, last.seq) + 1 : pageToSeq + 1
    }
    return { ...taken, unanswered: false }
  }
  const fromDatabase = async (missing: readonly MissingRecords[]): Promise<Taken> => {
    let taken: Taken = { restored: 0, refused: 0 }
    for (const range of missing) {
      const found = await rangeFromDatabase(range)
      report('local-database', range, found)
      taken = addTaken(taken, found)
    }
    return taken
  }
  const fromHub = async (missing: readonly MissingRecords[]): Promise<Taken & { unanswered: boolean }> => {
    let taken: Taken = { restored: 0, refused: 0 }
    for (const range of missing) {
      const found = await rangeFromHub(range)
      report('hub', range, found)
      taken = addTaken(taken, found)
      if (found.unanswered) return { ...taken, unanswered: true }
    }
    return { ...taken, unanswered: false }
  }
  const reportNowhere = (missing: readonly MissingRecords[]): void => {
    const text = JSON.stringify(missing)
    if (text !== reported) for (const range of missing) log('warn', 'nobody has records that the journal lost', { ...range })
    reported = text
  }
  const attempt = async (): Promise<void> => {
    let missing = await keeper.missing()
    for (let again = true; again && missing.length > 0 && !closed;) {
      if (JSON.stringify(missing) !== lookedFor) {
        const local = await fromDatabase(missing)
        if (local.restored > 0) missing = await keeper.missing()
        lookedFor = JSON.stringify(missing)
      }
      if (missing.length === 0 || line.state().state !== 'online') break
      const hub = await fromHub(missing)
      if (hub.restored > 0) missing = await keeper.missing()
      if (hub.unanswered) askAgain()
      else if (missing.length > 0 && hub.restored === 0) reportNowhere(missing)
      again = hub.restored > 0
    }
    settled = missing.length === 0
  }
  const attempting = coalesce(clock, attempt, (error) =>
    log('warn', 'what the journal lost could not be looked for; trying again', { reason: reasonOf(error) }),
  )
  const askAgain = (): void => {
    cancelTimer()
    cancelTimer = clock.after(askAgainMs, () => void attempting.run())
  }
  const close = async (): Promise<void> => {
    closed = true
    cancelTimer()
    await attempting.close()
  }
  return {
    start: () => void attempting.run(),
    welcomed: () => {
      if (!settled) void attempting.run()
    },
    close,
  }
}
