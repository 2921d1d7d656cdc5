/**
 * Keeps the store's books complete: follows the journal, and writes into it what follows from it.
 *
 *   appended ─▶ follow ─▶ missing for longer than the grace time? ─▶ exception        it arrived? ─▶ the same exception, resolved
 *                     └─▶ a till ended its day, or a closed day grew? ─▶ close of the day ─▶ differences ─▶ exception
 *
 * All of it happens behind the tills' answers and can be done again: the journal alone says what was raised, resolved and closed.
 */
import type { DayDigest } from '#sync/contract/comparison.ts'
import type { Identity } from '#sync/contract/config.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { StoreException } from '#sync/contract/store-exception.ts'
import type { BusinessDay, Incarnation, Instant } from '#sync/contract/vocabulary.ts'
import { must } from '#sync/contract/assert.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { CaptureStateHolder } from '../capture-state.ts'
import { CannotWrite, type Journal } from '../journal/journal.ts'
import { type Books, createBooks, type DayBook } from './books.ts'
import { closeEntry, type DeviceSigner, type GivenTotals, stateDay } from './closing.ts'
import { digestsThrough } from './days-through.ts'
import { createGapWatch, type Place } from './gap-watch.ts'
import { createFollower } from './journal-follower.ts'
import { arrivedNumbers, closeExceptions, damageExceptions, missingNumbers, newLifeExceptions } from './store-exceptions.ts'
import { type DayDetail, dayDetail, exceptionCount, newestDays, newestExceptions } from './view.ts'

export interface KeeperOptions {
  journal: Journal
  identity: Identity
  signer: DeviceSigner
  graceMs: number
  /** Never set back. */
  clock: Clock
  state: Pick<CaptureStateHolder, 'set'>
  log: AgentLog
  nowIso?: () => string
}

export type CloseOutcome = { outcome: 'closed'; record: TidelineRecord } | { outcome: 'pruned' }

export interface Keeper {
  readonly books: Books
  incarnation(): Incarnation
  /** Everything that is durable now is in the books when it resolves. */
  caughtUp(): Promise<void>
  day(businessDay: BusinessDay): DayDetail | undefined
  /** What the present life of the journal holds of each day, up to and including `throughSeq`; newest day first. */
  digests(limit: number, throughSeq: number): Promise<DayDigest[]>
  /** One close after the other. Rejects with CannotWrite. */
  closeDay(businessDay: BusinessDay, given: GivenTotals): Promise<CloseOutcome>
  /** Settled: nothing is under way and nothing due. */
  settled(): Promise<void>
  close(): Promise<void>
}

const followDelayMs = 100
/** Looking at all days, and sending them to a window, is not done for each record. */
const showEveryMs = 500
const retryMs = 5_000
const appendedAtOnce = 100

const openLife = (journal: Journal) => {
  const books = createBooks()
  const watch = createGapWatch(books)
  return {
    incarnation: journal.incarnation,
    books,
    watch,
    follower: createFollower(journal, books, watch.touch),
    /** Changed, and not yet looked at for what arrived. */
    changed: new Map<string, Place>(),
    /** What is shown: the books up to this number, since when. */
    shown: { seq: -1, atMs: -Infinity },
    /** A closed day that grew: when it last did. It is closed again once it rests. */
    grownSince: new Map<BusinessDay, { seq: number; sinceMs: number }>(),
    /** Days that could not be closed, as they stood at this number. */
    refusedAt: new Map<BusinessDay, number>(),
  }
}

export const startKeeper = (options: KeeperOptions): Keeper => {
  const { journal, identity, signer, graceMs, clock, state, log } = options
  const nowIso = options.nowIso ?? (() => new Date().toISOString())
  /** A new life of the journal numbers its records anew, and is read anew. */
  let life = openLife(journal)
  let working: Promise<void> = Promise.resolve()
  let cancelTimer: () => void = () => undefined
  let timerAtMs = Infinity
  let closed = false

  const caughtUp = async (): Promise<void> => {
    do {
      if (life.incarnation !== journal.incarnation) life = openLife(journal)
      await life.follower.reach((await journal.head()).seq)
    } while (life.incarnation !== journal.incarnation)
  }

  const raise = async (exceptions: readonly StoreException[]): Promise<void> => {
    for (let at = 0; at < exceptions.length; at += appendedAtOnce)
      await journal.appendAll(
        exceptions.slice(at, at + appendedAtOnce).map((exception) => ({ kind: 'exception', payloadText: JSON.stringify(exception) })),
      )
    if (exceptions.length > 0) await caughtUp()
  }

  const closeDay: Keeper['closeDay'] = async (businessDay, given) => {
    // Most of the reading is done before the tills have to wait for it.
    await caughtUp()
    if (!life.books.isWhole(businessDay)) return { outcome: 'pruned' }
    const record = await journal.appendFrom(async (head) => {
      await caughtUp()
      const { books } = life
      if (books.foldedSeq !== head.seq) throw new Error(`the books stand at ${books.foldedSeq}, the journal at ${head.seq}`)
      const { firstSeq } = books.days.get(businessDay) ?? { firstSeq: head.seq + 1 }
      const [first] = firstSeq > head.seq ? [] : await journal.read(firstSeq - 1, 1)
      const previousHash = firstSeq > head.seq ? head.hash : must(first, 'first record').previousHash
      const moment = { head, closedAt: nowIso() as Instant, previousHash }
      return closeEntry(stateDay(books, businessDay, given, moment, identity, signer.publicKey), signer)
    })
    await caughtUp()
    schedule(0)
    return { outcome: 'closed', record }
  }

  /** When a close of this day is due; Infinity for never. */
  const closeDueMs = ({ businessDay, close, endedSeq, changedSeq }: DayBook): number => {
    const { books, grownSince, refusedAt } = life
    if (!books.isWhole(businessDay) || refusedAt.get(businessDay) === changedSeq) return Infinity
    if (endedSeq > (close?.seq ?? 0)) return 0
    if (!close) return Infinity
    if (close.statement.chain.incarnation !== journal.incarnation) return 0
    if (changedSeq < close.seq) return Infinity
    const known = grownSince.get(businessDay)
    const grown = known?.seq === changedSeq ? known : { seq: changedSeq, sinceMs: clock.nowMs() }
    grownSince.set(businessDay, grown)
    return grown.sinceMs + graceMs
  }

  /** A day that cannot be closed must not hold up the others: it is tried again when it has grown. */
  const closeUnlessRefused = async ({ businessDay, changedSeq }: DayBook): Promise<void> => {
    try {
      await closeDay(businessDay, new Map())
    } catch (error) {
      if (error instanceof CannotWrite) throw error
      life.refusedAt.set(businessDay, changedSeq)
      log.error(`The business day ${businessDay} cannot be closed.`, { fault: error })
    }
  }

  const refresh = (): void => {
    for (const place of life.watch.refresh(clock.nowMs())) life.changed.set(`${place.businessDay}|${place.workstationId}`, place)
  }

  /** Returns when to come again. */
  const assess = async (): Promise<number> => {
    let nextMs = Infinity
    const nowMs = clock.nowMs()
    const isDue = (dueMs: number): boolean => {
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
      return dueMs <= nowMs
    }
    refresh()
    const { books, watch, changed } = life
    const looked = [...changed]
    const arrived = looked.flatMap(([, place]) =>
      arrivedNumbers(books, place, watch.ledgerOf(place.businessDay, place.workstationId)?.missing ?? []),
    )
    const missing = [...watch.places()].flatMap((place) => {
      const due = watch.gapsOf(place).filter(({ sinceMs }) => isDue(sinceMs + graceMs))
      return missingNumbers(books, place, due, identity.timeZone)
    })
    await raise([...arrived, ...missing])
    for (const [key] of looked) changed.delete(key)
    for (const book of [...life.books.days.values()]) if (isDue(closeDueMs(book))) await closeUnlessRefused(book)
    await raise([...life.books.days.values()].flatMap((book) => closeExceptions(life.books, book, identity.currency)))
    await raise([...damageExceptions(life.books, journal.missing()), ...newLifeExceptions(life.books, journal)])
    return nextMs
  }

  /** Returns when to come again. */
  const show = (): number => {
    const { books, watch, shown } = life
    if (shown.seq === books.foldedSeq) return Infinity
    const dueMs = shown.atMs + showEveryMs
    if (clock.nowMs() < dueMs) return dueMs
    life.shown = { seq: books.foldedSeq, atMs: clock.nowMs() }
    state.set({ exceptions: newestExceptions(books), exceptionCount: exceptionCount(books), days: newestDays(books, watch.ledgerOf) })
    return Infinity
  }

  const work = async (): Promise<void> => {
    if (closed) return
    try {
      await caughtUp()
      const assessMs = await assess()
      refresh()
      const nextMs = Math.min(assessMs, show())
      if (nextMs < Infinity) schedule(Math.max(0, nextMs - clock.nowMs()))
    } catch (error) {
      if (closed) return
      if (!(error instanceof CannotWrite)) log.error('The books of the store could not be brought up to date.', { fault: error })
      schedule(retryMs)
    }
  }

  /** At the latest then. */
  const schedule = (delayMs: number): void => {
    const atMs = clock.nowMs() + delayMs
    if (closed || atMs >= timerAtMs) return
    cancelTimer()
    timerAtMs = atMs
    cancelTimer = clock.after(delayMs, () => {
      timerAtMs = Infinity
      working = working.then(work)
    })
  }

  working = work()
  const follow = (): void => schedule(followDelayMs)
  // What came back is appended before the manifest says that nothing is missing any more, and that takes as long as the disk takes.
  const unfollow = [journal.onAppended(follow), journal.onMissing(follow)]

  return {
    get books() {
      return life.books
    },
    incarnation: () => journal.incarnation,
    caughtUp,
    closeDay,
    digests: async (limit, throughSeq) => {
      await caughtUp()
      return digestsThrough(journal, life.books, throughSeq, limit)
    },
    day: (businessDay) => {
      const { books } = life
      const book = books.days.get(businessDay)
      return book && books.isWhole(businessDay) ? dayDetail(book, books.ledgerOf) : undefined
    },
    settled: async () => {
      for (let seen: Promise<void> | undefined; seen !== working;) {
        seen = working
        await seen
      }
    },
    close: async () => {
      closed = true
      for (const stop of unfollow) stop()
      cancelTimer()
      await working
    },
  }
}
