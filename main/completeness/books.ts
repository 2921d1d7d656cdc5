/**
 * The books: what the journal says of each workstation's day, folded record by record in the journal's order. They hold nothing that the
 * journal does not, and are made of it again at each start.
 *
 *   record → day → workstation: numbers, totals, the till's own totals      close of the day: the newest record
 *
 * A natural key that comes twice (one journal made of two lives) is counted once.
 */
import type { DayCloseStatement, DayLedger } from '#sync/contract/day-close.ts'
import type { StoreException } from '#sync/contract/store-exception.ts'
import type { TillTotals } from '#sync/contract/transaction.ts'
import type { BusinessDay, Instant, WorkstationId } from '#sync/contract/vocabulary.ts'
import { addToTotals, noTotals, type TotalsOfDay } from '#sync/core/day-totals.ts'
import { claimNumber, dayLedger, type DayNumbers, noNumbers, seeNumber } from '#sync/core/ledger.ts'
import { addNumber, hasNumber, type Runs } from '#sync/core/ledger-runs.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { createDayDigests, type DayDigests } from './day-digests.ts'
import { conflictException, createDerivedExceptions, type DerivedExceptions, sumsException } from './derived-exceptions.ts'
import { type CountedRecord, type CountedTransaction, dayOf, readCounted } from './read-record.ts'

export interface WorkstationDay {
  numbers: DayNumbers
  totals: TotalsOfDay
  /** Numbers whose transaction is in the totals. */
  counted: Runs
  /** The till's own totals, the newest that it gave. */
  tillTotals: TillTotals | undefined
}

export interface DayBook {
  businessDay: BusinessDay
  /** The first record that is about this day. */
  firstSeq: number
  workstations: Map<WorkstationId, WorkstationDay>
  /** The newest record that changes what a close would say. */
  changedSeq: number
  /** The newest record by which a till ends its day. */
  endedSeq: number
  close: { seq: number; statement: DayCloseStatement } | undefined
}

export interface RaisedException {
  seq: number
  raisedAt: Instant
  exception: StoreException
}

export interface Books {
  /** The workstation's day that the record changed, where it changed one. */
  fold(record: TidelineRecord): { businessDay: BusinessDay; workstationId: WorkstationId } | null
  readonly foldedSeq: number
  readonly days: ReadonlyMap<BusinessDay, DayBook>
  /** By exceptionId. */
  readonly open: ReadonlyMap<string, RaisedException>
  /** Of what the hub compares. */
  readonly digests: Pick<DayDigests, 'copy'>
  /** Of transactions and conflicts; they are records themselves, and no exception record tells of them. */
  readonly derived: Pick<DerivedExceptions, 'newest' | 'count'>
  /** Ids that were ever raised. */
  readonly raised: ReadonlySet<string>
  ledgerOf(businessDay: BusinessDay, workstationId: WorkstationId): DayLedger | undefined
  /** The workstation's nearest days with numbers, on both sides. */
  neighboursOf(businessDay: BusinessDay, workstationId: WorkstationId): { before: BusinessDay | undefined; after: BusinessDay | undefined }
  /** False for a day whose first records may have been pruned: nothing can be said of what is missing in it. */
  isWhole(businessDay: BusinessDay): boolean
}

const newWorkstationDay = (): WorkstationDay => ({ numbers: noNumbers, totals: noTotals, counted: [], tillTotals: undefined })

const hasNumbers = ({ numbers }: WorkstationDay): boolean => numbers.seen.length + numbers.claimed.length > 0

const endsDay = ({ kind, tillTotals }: CountedTransaction): boolean =>
  kind === 'day-close' || (kind === 'settlement' && tillTotals !== undefined)

export const createBooks = (): Books => {
  const days = new Map<BusinessDay, DayBook>()
  const daysOf = new Map<WorkstationId, BusinessDay[]>()
  const open = new Map<string, RaisedException>()
  const raised = new Set<string>()
  const derived = createDerivedExceptions()
  const digests = createDayDigests()
  let foldedSeq = 0
  /** The oldest day that the journal still holds, when it no longer begins with its first record. */
  let prunedUpTo: BusinessDay | undefined
  let beginsLate = false

  const dayBook = (businessDay: BusinessDay, seq: number): DayBook => {
    const known = days.get(businessDay)
    if (known) return known
    const book: DayBook = { businessDay, firstSeq: seq, workstations: new Map(), changedSeq: 0, endedSeq: 0, close: undefined }
    days.set(businessDay, book)
    return book
  }

  const workstationDay = (book: DayBook, workstationId: WorkstationId): WorkstationDay => {
    const known = book.workstations.get(workstationId)
    if (known) return known
    const made = newWorkstationDay()
    book.workstations.set(workstationId, made)
    daysOf.set(workstationId, [...(daysOf.get(workstationId) ?? []), book.businessDay].sort())
    return made
  }

  const foldTransaction = (transaction: CountedTransaction, book: DayBook, record: TidelineRecord, isFirst: boolean): void => {
    const { seq } = record
    const day = workstationDay(book, transaction.workstationId)
    day.numbers = seeNumber(day.numbers, transaction)
    book.changedSeq = seq
    if (!isFirst || hasNumber(day.counted, transaction.sequenceNumber)) return
    day.counted = addNumber(day.counted, transaction.sequenceNumber)
    day.totals = addToTotals(day.totals, transaction)
    const sums = sumsException(transaction, record)
    if (sums) derived.add(sums)
    if (transaction.tillTotals) day.tillTotals = transaction.tillTotals
    if (endsDay(transaction)) book.endedSeq = seq
  }

  const foldException = (exception: StoreException, { seq, capturedAt }: TidelineRecord): void => {
    raised.add(exception.exceptionId)
    open.delete(exception.exceptionId)
    if (exception.state === 'open') open.set(exception.exceptionId, { seq, raisedAt: capturedAt, exception })
  }

  const foldClose = (statement: DayCloseStatement, book: DayBook, seq: number): void => {
    book.close = { seq, statement }
    for (const { workstationId, tillTotals } of statement.workstations)
      if (tillTotals) workstationDay(book, workstationId).tillTotals = tillTotals
  }

  const foldInto = (counted: CountedRecord, record: TidelineRecord): ReturnType<Books['fold']> => {
    const { seq } = record
    if (counted.kind === 'exception') foldException(counted.exception, record)
    const businessDay = dayOf(counted) as BusinessDay | undefined
    if (businessDay === undefined) return null
    const book = dayBook(businessDay, seq)
    switch (counted.kind) {
      case 'transaction':
      case 'conflict':
        foldTransaction(counted.transaction, book, record, counted.kind === 'transaction')
        if (counted.kind === 'conflict') derived.add(conflictException(counted.transaction, counted.firstRecordId, record))
        return { businessDay, workstationId: counted.transaction.workstationId }
      case 'claim': {
        const day = workstationDay(book, counted.claimed.workstationId)
        day.numbers = claimNumber(day.numbers, counted.claimed.sequenceNumber)
        book.changedSeq = seq
        return { businessDay, workstationId: counted.claimed.workstationId }
      }
      case 'day-close':
        foldClose(counted.statement, book, seq)
        return null
      case 'exception':
        return null
    }
  }

  const fold: Books['fold'] = (record) => {
    if (record.seq <= foldedSeq) return null
    if (foldedSeq === 0 && record.seq > 1) beginsLate = true
    foldedSeq = record.seq
    const counted = readCounted(record)
    if (!counted) return null
    if (counted.kind === 'transaction') digests.add(record, counted.transaction)
    if (beginsLate) prunedUpTo ??= dayOf(counted) as BusinessDay | undefined
    return foldInto(counted, record)
  }

  const neighboursOf: Books['neighboursOf'] = (businessDay, workstationId) => {
    const withNumbers = (daysOf.get(workstationId) ?? []).filter((day) => {
      const one = days.get(day)?.workstations.get(workstationId)
      return one !== undefined && hasNumbers(one)
    })
    return { before: withNumbers.findLast((day) => day < businessDay), after: withNumbers.find((day) => day > businessDay) }
  }

  const numbersOf = (businessDay: BusinessDay | undefined, workstationId: WorkstationId): DayNumbers | undefined =>
    businessDay === undefined ? undefined : days.get(businessDay)?.workstations.get(workstationId)?.numbers

  return {
    fold,
    days,
    open,
    derived,
    digests,
    raised,
    get foldedSeq() {
      return foldedSeq
    },
    neighboursOf,
    ledgerOf: (businessDay, workstationId) => {
      const numbers = numbersOf(businessDay, workstationId)
      if (!numbers) return undefined
      const { before, after } = neighboursOf(businessDay, workstationId)
      return dayLedger(numbers, numbersOf(before, workstationId), numbersOf(after, workstationId))
    },
    isWhole: (businessDay) => prunedUpTo === undefined || businessDay > prunedUpTo,
  }
}
