/** One till's day in words: which numbers, whether every receipt is here, and whether the till agrees. */
import type { BusinessDayState } from '#sync/contract/ipc.ts'
import type { NumberRange } from '#sync/contract/day-close.ts'
import type { Tone } from './link-words.ts'
import { locale, messages } from './messages.ts'

const { days: words } = messages
type Workstation = BusinessDayState['workstations'][number]

export interface TillDay {
  till: string
  numbers: string
  /** The sentence to read, and what explains it. */
  receipts: { tone: Tone; text: string; notes: string[] }
  close: { tone: Tone; text: string }
}

const countOf = (ranges: readonly NumberRange[]): number => ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)

export const missingCount = ({ workstations }: Pick<BusinessDayState, 'workstations'>): number =>
  workstations.reduce((sum, { ledger }) => sum + countOf(ledger.missing), 0)

const listedRanges = 8

/** "1043, 1051 to 1054"; what does not fit is counted, in numbers. */
export const listRanges = (ranges: readonly NumberRange[]): string => {
  const listed = ranges.slice(0, listedRanges).map(({ from, to }) => words.range(from, to))
  const rest = countOf(ranges.slice(listedRanges))
  return rest > 0 ? `${listed.join(', ')} ${words.andMore(rest)}` : listed.join(', ')
}

const explainedNotes = ({ ledger }: Workstation): string[] => {
  const { suspended, cancelled, training, quarantined } = ledger.explained
  const parts = [
    ...(suspended > 0 ? [words.suspended(suspended)] : []),
    ...(cancelled > 0 ? [words.cancelled(cancelled)] : []),
    ...(training > 0 ? [words.training(training)] : []),
  ]
  return [
    ...(parts.length > 0 ? [words.including(new Intl.ListFormat(locale).format(parts))] : []),
    ...(quarantined > 0 ? [words.unreadable(quarantined)] : []),
    ...(ledger.rolledOver.length > 0 ? [words.rolledOver(listRanges(ledger.rolledOver))] : []),
  ]
}

const receiptsOf = (workstation: Workstation): TillDay['receipts'] => {
  const { seen, missing, explained } = workstation.ledger
  const notes = explainedNotes(workstation)
  const missingNumbers = countOf(missing)
  if (missingNumbers > 0)
    return { tone: 'bad', text: words.missing(missingNumbers, listRanges(missing)), notes: [words.present(seen), ...notes] }
  if (seen === 0) return { tone: 'waiting', text: words.none, notes }
  return { tone: explained.quarantined > 0 ? 'waiting' : 'good', text: words.allHere(seen), notes }
}

const closeOf = (close: Workstation['close'], closedAt: string | undefined): TillDay['close'] => {
  if (close === 'agrees') return { tone: 'good', text: words.closeAgrees }
  if (close === 'differs') return { tone: 'bad', text: words.closeDiffers }
  return { tone: 'waiting', text: closedAt === undefined ? words.closeOpen : words.closeWithoutTill }
}

export const describeTillDay = (workstation: Workstation, closedAt: string | undefined): TillDay => {
  const { first, last } = workstation.ledger
  return {
    till: workstation.workstationId,
    numbers: first === undefined || last === undefined ? '–' : words.range(first, last),
    receipts: receiptsOf(workstation),
    close: closeOf(workstation.close, closedAt),
  }
}

/** The day as a whole: the first thing that is wrong with it, or that all is well. */
export const describeDay = (day: BusinessDayState): { tone: Tone; text: string } => {
  const missing = missingCount(day)
  if (missing > 0) return { tone: 'bad', text: words.missingInDay(missing) }
  if (day.workstations.some(({ close }) => close === 'differs')) return { tone: 'bad', text: words.differs }
  const unreadable = day.workstations.reduce((sum, { ledger }) => sum + ledger.explained.quarantined, 0)
  return unreadable > 0 ? { tone: 'waiting', text: words.unreadableInDay(unreadable) } : { tone: 'good', text: words.allWell }
}
