/** Which exceptions the books call for: what to raise and what has ended by itself. The same books give the same answer at any time. */
import type { CloseDifference, NumberRange } from '#sync/contract/day-close.ts'
import type { MissingRecords } from '#sync/contract/ipc.ts'
import type { StoreException } from '#sync/contract/store-exception.ts'
import type { Currency } from '#sync/contract/vocabulary.ts'
import { type Gap, tellGaps } from '#sync/core/ledger-gaps.ts'
import { intersectRanges, type Run, type Runs } from '#sync/core/ledger-runs.ts'
import type { Journal } from '../journal/journal.ts'
import type { Books, DayBook } from './books.ts'
import type { Place } from './gap-watch.ts'
import { agreesMessage, arrivedMessage, differsMessage, missingMessage } from './words.ts'

const rangeText = ({ from, to }: NumberRange): string => (from === to ? `${from}` : `${from}-${to}`)
const missingId = ({ businessDay, workstationId }: Place, range: NumberRange): string =>
  `MISSING_NUMBER:${workstationId}|${businessDay}|${rangeText(range)}`

/** The numbers that an open exception is about. */
const rangeOf = ({ exceptionId }: StoreException): NumberRange => {
  const [, from, to] = /\|(\d+)(?:-(\d+))?$/.exec(exceptionId) ?? []
  return { from: Number(from), to: Number(to ?? from) }
}

const toldAt = (books: Books, { businessDay, workstationId }: Place): StoreException[] =>
  [...books.open.values()].flatMap(({ exception }) =>
    exception.kind === 'MISSING_NUMBER' && exception.workstationId === workstationId && exception.businessDay === businessDay
      ? [exception]
      : [],
  )

export const arrivedNumbers = (books: Books, place: Place, missing: readonly NumberRange[]): StoreException[] =>
  toldAt(books, place)
    .filter((exception) => intersectRanges([rangeOf(exception)], missing).length === 0)
    .map((exception) => ({
      ...exception,
      state: 'resolved',
      message: arrivedMessage(place.workstationId, place.businessDay, rangeOf(exception)),
    }))

const runsOf = (books: Books, { businessDay, workstationId }: Place): Runs =>
  books.days.get(businessDay)?.workstations.get(workstationId)?.numbers.seen ?? []

const runsBeside = (books: Books, { businessDay, workstationId }: Place): Run[] => {
  const { before, after } = books.neighboursOf(businessDay, workstationId)
  return [before, after].flatMap((day) => (day === undefined ? [] : runsOf(books, { businessDay: day, workstationId })))
}

/** `due` are gaps older than the grace time. */
export const missingNumbers = (books: Books, place: Place, due: readonly Gap[], timeZone: string): StoreException[] => {
  if (due.length === 0) return []
  const [runs, besideRuns] = [runsOf(books, place), runsBeside(books, place)]
  return tellGaps(due, toldAt(books, place).map(rangeOf)).map((range) => ({
    exceptionId: missingId(place, range),
    kind: 'MISSING_NUMBER',
    state: 'open',
    message: missingMessage({ ...place, range, runs, besideRuns, timeZone }),
    ...place,
    sequenceNumber: range.from,
  }))
}

/** By the day's newest close. */
export const closeExceptions = (books: Books, { businessDay, close }: DayBook, currency: Currency): StoreException[] =>
  (close?.statement.workstations ?? []).flatMap(({ workstationId, differences }): StoreException[] => {
    const exceptionId = `DAY_CLOSE_DIFFERS:${workstationId}|${businessDay}`
    const known = books.open.get(exceptionId)?.exception
    if (differences.length === 0) return known ? [{ ...known, state: 'resolved', message: agreesMessage(workstationId, businessDay) }] : []
    const message = differsMessage(workstationId, businessDay, differences, currency)
    if (known?.message === message) return []
    const stake = stakeOf(differences)
    const common = {
      exceptionId,
      kind: 'DAY_CLOSE_DIFFERS' as const,
      state: 'open' as const,
      message,
      workstationId,
      businessDay,
      currency,
    }
    return [stake === undefined ? common : { ...common, amountMinor: stake }]
  })

/** The total's difference, or else the greatest one of money. */
const stakeOf = (differences: readonly CloseDifference[]): number | undefined => {
  const money = differences.filter(({ measure }) => measure === 'grand' || measure === 'tender' || measure === 'tax')
  const amounts = money.map(({ till, agent }) => till - agent)
  const grand = money.find(({ measure }) => measure === 'grand')
  return grand ? grand.till - grand.agent : amounts.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0]
}

const damageId = ({ incarnation, fromSeq, toSeq }: MissingRecords): string => `JOURNAL_DAMAGED:${incarnation}:${fromSeq}-${toSeq}`

/** What the journal cannot read any more, and what of it has come back. */
export const damageExceptions = (books: Books, missing: readonly MissingRecords[]): StoreException[] => {
  const ids = new Set(missing.map(damageId))
  const raised = missing
    .filter((range) => !books.raised.has(damageId(range)))
    .map((range): StoreException => {
      const count = range.toSeq - range.fromSeq + 1
      const records = count === 1 ? `record ${range.fromSeq}` : `records ${range.fromSeq} to ${range.toSeq}`
      const message = `The disk of the store's computer spoiled a part of what was saved there: ${records} of the journal cannot be read. What its local copy or head office has comes back by itself; a receipt that nobody has shows as a missing number. Have the disk checked.`
      return { exceptionId: damageId(range), kind: 'JOURNAL_DAMAGED', state: 'open', message }
    })
  const back = [...books.open.values()]
    .map(({ exception }) => exception)
    .filter(({ kind, exceptionId }) => kind === 'JOURNAL_DAMAGED' && /:\d+-\d+$/.test(exceptionId) && !ids.has(exceptionId))
    .map((exception): StoreException => ({ ...exception, state: 'resolved', message: 'What the journal could not read is back.' }))
  return [...raised, ...back]
}

/** A life that began because the one before was damaged, and nobody can say by how much; what can be named is told range by range. */
export const newLifeExceptions = (books: Books, { recovery, incarnation }: Pick<Journal, 'recovery' | 'incarnation'>): StoreException[] => {
  const exceptionId = `JOURNAL_DAMAGED:${incarnation}`
  const isUnnamed = recovery.kind === 'new-life' && recovery.reason === 'damage' && recovery.missing.length === 0
  if (!isUnnamed || books.raised.has(exceptionId)) return []
  const message = `The journal on this computer was damaged and was begun anew with the ${recovery.records} records that could be read. Numbers that are missing since then are shown one by one. Have the disk checked.`
  return [{ exceptionId, kind: 'JOURNAL_DAMAGED', state: 'open', message }]
}
