/** What of the books is shown: to the manager's window, and over HTTP. */
import type { DayLedger, DayCloseStatement } from '#sync/contract/day-close.ts'
import type { BusinessDayState, OpenException } from '#sync/contract/ipc.ts'
import type { BusinessDay, WorkstationId } from '#sync/contract/vocabulary.ts'
import { statedTotals } from '#sync/core/day-totals.ts'
import type { Books, DayBook } from './books.ts'

type ClosedWorkstation = DayCloseStatement['workstations'][number]
type LedgerOf = (businessDay: BusinessDay, workstationId: WorkstationId) => DayLedger | undefined

const daysShown = 14
const exceptionsShown = 200

const byId = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

const closedAs = (book: DayBook, workstationId: WorkstationId): ClosedWorkstation | undefined =>
  book.close?.statement.workstations.find((one) => one.workstationId === workstationId)

const closeState = (closed: ClosedWorkstation | undefined): BusinessDayState['workstations'][number]['close'] =>
  !closed?.tillTotals ? 'open' : closed.differences.length > 0 ? 'differs' : 'agrees'

export const dayState = (book: DayBook, ledgerOf: LedgerOf): BusinessDayState => ({
  businessDay: book.businessDay,
  workstations: [...book.workstations].sort(byId).flatMap(([workstationId]) => {
    const ledger = ledgerOf(book.businessDay, workstationId)
    return ledger ? [{ workstationId, ledger, close: closeState(closedAs(book, workstationId)) }] : []
  }),
  ...(book.close ? { closedAt: book.close.statement.closedAt } : {}),
})

/** Newest first. */
export const newestDays = (books: Books, ledgerOf: LedgerOf): BusinessDayState[] =>
  [...books.days.values()]
    .filter(({ businessDay, workstations }) => workstations.size > 0 && books.isWhole(businessDay))
    .sort((a, b) => (a.businessDay < b.businessDay ? 1 : -1))
    .slice(0, daysShown)
    .map((book) => dayState(book, ledgerOf))

export const exceptionCount = ({ open, derived }: Books): number => open.size + derived.count

export const newestExceptions = ({ open, derived }: Books): OpenException[] =>
  [...open.values(), ...derived.newest()]
    .sort((a, b) => b.seq - a.seq)
    .slice(0, exceptionsShown)
    .map(({ raisedAt, exception }) => ({ raisedAt, exception }))

/** All that is known of a day. */
export const dayDetail = (book: DayBook, ledgerOf: LedgerOf) => {
  const state = dayState(book, ledgerOf)
  return {
    ...state,
    workstations: state.workstations.map((one) => {
      const day = book.workstations.get(one.workstationId)
      return {
        ...one,
        ...(day ? { totals: statedTotals(day.totals) } : {}),
        ...(day?.tillTotals ? { tillTotals: day.tillTotals } : {}),
        differences: closedAs(book, one.workstationId)?.differences ?? [],
      }
    }),
  }
}
export type DayDetail = ReturnType<typeof dayDetail>
