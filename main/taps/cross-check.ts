/**
 * Several sources report one till (`crossCheck`). Who said what is kept; a number that one source has and another one passed by becomes
 * an exception after the grace time, and so does one of which they say different things. Without it everything is as with one source.
 */
import type { StoreException } from '#sync/contract/store-exception.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { transactionSchema, type Transaction } from '#sync/contract/transaction.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { Journal } from '../journal/journal.ts'
import { differsMessage, exceptionIdOf, exceptionOf, lackingMessage, type NumberAtIssue, resolvedMessage } from './differences.ts'
import { type BusinessDifference, sameBusiness } from './same-business.ts'
import type { SightingLog } from './sighting-log.ts'
import type { Lacking, Sighting, Sightings } from './sightings.ts'

export interface CrossCheck {
  /** What the two say differently; undefined when it is nobody else's word against this source's. */
  compare(tap: string, first: TidelineRecord, again: Transaction): BusinessDifference[] | undefined
  /** Durable when it resolves; once for each number. */
  tellDifference(tap: string, again: Transaction, differences: readonly BusinessDifference[], recordIds: string[]): Promise<void>
  /** One buffered write. No sale waits for a disk that does not take it: the log has it, and `sync` says whether it was written. */
  saw(tap: string, sightings: readonly Sighting[]): Promise<void>
  /** What the source said so far is on the disk. */
  sync(tap: string): Promise<void>
  /** Looks for numbers that a source passed by. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface CrossCheckParts {
  journal: Pick<Journal, 'appendAll'>
  sightings: Sightings
  log: SightingLog
  /** What the journal says of each number at issue so far. */
  told: Map<string, StoreException>
  graceMs: number
  clock: Clock
  onFault: (error: unknown) => void
  checkEveryMs?: number
}

const atOnce = 100

export const carriesBusiness = ({ kind, lineItems, tenders, totals }: Transaction): boolean =>
  !['training', 'suspended', 'cancelled'].includes(kind) && (lineItems.length > 0 || tenders.length > 0 || totals.grandMinor !== 0)

/** A number is at issue for more than what one source lacks when the exception names records. */
const isAboutContent = (exception: StoreException | undefined): boolean => exception?.state === 'open' && exception.recordIds !== undefined

export const startCrossCheck = (parts: CrossCheckParts): CrossCheck => {
  const { journal, sightings, log, told, clock, checkEveryMs = 10_000 } = parts
  /** Since when a source lacks a number, by our clock. */
  const lackingSince = new Map<string, number>()
  let checking: Promise<void> = Promise.resolve()
  let cancel = (): void => undefined
  let closed = false
  /** The disk did not take what was seen last. */
  let isBehind = false

  const tell = async (exceptions: readonly StoreException[]): Promise<void> => {
    for (let at = 0; at < exceptions.length; at += atOnce) {
      const some = exceptions.slice(at, at + atOnce)
      await journal.appendAll(some.map((exception) => ({ kind: 'exception', payloadText: JSON.stringify(exception) })))
      for (const exception of some) told.set(exception.exceptionId, exception)
    }
  }

  /** Overdue ones by number. */
  const overdueByNumber = (lacking: readonly Lacking[]): Map<string, { at: NumberAtIssue; taps: string[] }> => {
    const nowMs = clock.nowMs()
    const current = new Set<string>()
    const overdue = new Map<string, { at: NumberAtIssue; taps: string[] }>()
    for (const { tap, ...at } of lacking) {
      const id = exceptionIdOf(at)
      const key = `${tap}|${id}`
      if (current.has(key)) continue
      current.add(key)
      const since = lackingSince.get(key) ?? nowMs
      lackingSince.set(key, since)
      if (nowMs - since < parts.graceMs) continue
      const known = overdue.get(id) ?? { at, taps: [] }
      known.taps.push(tap)
      overdue.set(id, known)
    }
    for (const key of lackingSince.keys()) if (!current.has(key)) lackingSince.delete(key)
    return overdue
  }

  const checkNow = async (): Promise<void> => {
    const lacking = sightings.lacking()
    const overdue = overdueByNumber(lacking)
    const stillLacking = new Set(lacking.map((one) => exceptionIdOf(one)))
    const opened = [...overdue].flatMap(([id, { at, taps }]) => {
      if (told.get(id)?.state === 'open') return []
      return [exceptionOf(at, 'open', lackingMessage(at, sightings.tapsOf(at), taps))]
    })
    const ended = [...told.values()].flatMap((exception) => {
      if (exception.state !== 'open' || isAboutContent(exception) || stillLacking.has(exception.exceptionId)) return []
      const at = numberOf(exception)
      return at && sightings.tapsOf(at).length > 1 ? [exceptionOf(at, 'resolved', resolvedMessage(at))] : []
    })
    await tell([...opened, ...ended])
  }

  /** One after the other: two at once would tell the same twice. */
  const inOrder = (step: () => Promise<void>): Promise<void> => {
    const mine = checking.then(step, step)
    checking = mine.catch(() => undefined)
    return mine
  }

  const schedule = (): void => {
    if (closed) return
    cancel = clock.after(checkEveryMs, () => {
      void inOrder(checkNow).catch(parts.onFault).then(schedule)
    })
  }
  schedule()

  return {
    compare: (tap, first, again) => {
      const others = sightings.tapsOf(again).filter((name) => name !== tap)
      if (others.length === 0 && sightings.tapsOf(again).length > 0) return undefined
      const known = transactionSchema.safeParse(JSON.parse(first.payload))
      return known.success ? sameBusiness(known.data, again) : undefined
    },
    tellDifference: (tap, { workstationId, businessDay, sequenceNumber }, differences, recordIds) =>
      inOrder(async () => {
        const at = { workstationId, businessDay, sequenceNumber }
        if (isAboutContent(told.get(exceptionIdOf(at)))) return
        const [first = 'another source'] = sightings.tapsOf(at).filter((name) => name !== tap)
        await tell([exceptionOf(at, 'open', differsMessage(at, first, tap, differences), recordIds)])
      }),
    saw: async (tap, seen) => {
      for (const sighting of seen) sightings.add(tap, sighting)
      try {
        await log.append(tap, seen)
        isBehind = false
      } catch (error) {
        if (!isBehind) parts.onFault(error)
        isBehind = true
      }
    },
    sync: (tap) => log.sync(tap),
    check: () => inOrder(checkNow),
    close: async () => {
      closed = true
      cancel()
      await checking
      await log.close()
    },
  }
}

const numberOf = ({ workstationId, businessDay, sequenceNumber }: StoreException): NumberAtIssue | null =>
  workstationId !== undefined && businessDay !== undefined && sequenceNumber !== undefined
    ? { workstationId, businessDay, sequenceNumber }
    : null

/** From a journal's records: what was told of each number, the newest last. */
export const rememberTold = (told: Map<string, StoreException>, { kind, payload }: Pick<TidelineRecord, 'kind' | 'payload'>): void => {
  if (kind !== 'exception') return
  const parsed = storeExceptionSchema.safeParse(safeJson(payload))
  if (parsed.success && parsed.data.kind === 'SOURCES_DIFFER') told.set(parsed.data.exceptionId, parsed.data)
}

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
