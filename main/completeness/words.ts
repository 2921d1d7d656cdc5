/** What a store manager reads: whole sentences, money in its currency, times as the till's clock shows them. */
import type { CloseDifference, NumberRange } from '#sync/contract/day-close.ts'
import { minorDigits } from '#sync/capture/currency.ts'
import type { Run } from '#sync/core/ledger-runs.ts'
import type { ReceiptDifference } from '#sync/core/receipt.ts'
import type { CountedTransaction } from './read-record.ts'

/** Integer arithmetic by text alone. */
export const moneyText = (minor: number, currency: string): string => {
  const digits = minorDigits(currency)
  const padded = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = padded.slice(0, padded.length - digits)
  return `${minor < 0 ? '-' : ''}${whole}${digits > 0 ? `.${padded.slice(-digits)}` : ''} ${currency}`
}

export const dayText = (businessDay: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${businessDay}T00:00:00Z`))

const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/

/** As printed when it is local, in the store's zone when it bears an offset. */
export const timeText = (endedAt: string, timeZone: string): string =>
  hasOffset.test(endedAt)
    ? new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(endedAt))
    : (/T(\d{2}:\d{2})/.exec(endedAt)?.[1] ?? endedAt)

export interface Neighbour {
  number: number
  endedAt: string | undefined
}

/** The nearest numbers on both sides of a missing range: the day's own, else those of the days beside it. */
export const neighboursOf = ({ from, to }: NumberRange, own: readonly Run[], beside: readonly Run[]): Neighbour[] => {
  const below = (runs: readonly Run[]): Run | undefined =>
    runs
      .filter((run) => run.to < from)
      .reduce<Run | undefined>((nearest, run) => (nearest && nearest.to > run.to ? nearest : run), undefined)
  const above = (runs: readonly Run[]): Run | undefined =>
    runs
      .filter((run) => run.from > to)
      .reduce<Run | undefined>((nearest, run) => (nearest && nearest.from < run.from ? nearest : run), undefined)
  const [before, behind] = [below(own) ?? below(beside), above(own) ?? above(beside)]
  return [
    ...(before ? [{ number: before.to, endedAt: before.toAt }] : []),
    ...(behind ? [{ number: behind.from, endedAt: behind.fromAt }] : []),
  ]
}

const neighbourText = ({ number, endedAt }: Neighbour, timeZone: string): string =>
  endedAt === undefined ? `number ${number}` : `number ${number} at ${timeText(endedAt, timeZone)}`

export interface MissingWords {
  workstationId: string
  businessDay: string
  range: NumberRange
  /** The day's own, and those of the till's days before and after it. */
  runs: readonly Run[]
  besideRuns: readonly Run[]
  timeZone: string
}

const numbersText = ({ from, to }: NumberRange): string => (from === to ? `number ${from}` : `numbers ${from} to ${to}`)

export const missingMessage = ({ workstationId, businessDay, range, runs, besideRuns, timeZone }: MissingWords): string => {
  const texts = neighboursOf(range, runs, besideRuns).map((neighbour) => neighbourText(neighbour, timeZone))
  const isOne = range.from === range.to
  const around =
    texts.length === 2 ? ` ${isOne ? 'It lies' : 'They lie'} between ${texts.join(' and ')}.` : ` The nearest here is ${texts[0]}.`
  const missing = `${numbersText(range)} of ${dayText(businessDay)} ${isOne ? 'is' : 'are'} missing`
  return `Till ${workstationId}: ${missing}.${texts.length > 0 ? around : ''}`
}

export const arrivedMessage = (workstationId: string, businessDay: string, range: NumberRange): string =>
  `Till ${workstationId}: ${numbersText(range)} of ${dayText(businessDay)} ${range.from === range.to ? 'is' : 'are'} no longer missing.`

const measureText: Record<CloseDifference['measure'], (key: string) => string> = {
  transactions: () => 'transactions',
  grand: () => 'total',
  tender: (key) => `paid by ${key}`,
  'tender-count': (key) => `number of payments by ${key}`,
  tax: (key) => `tax ${key}`,
}

const isMoney = ({ measure }: CloseDifference): boolean => measure !== 'transactions' && measure !== 'tender-count'

export const differenceText = (difference: CloseDifference, currency: string): string => {
  const figure = (value: number): string => (isMoney(difference) ? moneyText(value, currency) : String(value))
  return `${measureText[difference.measure](difference.key)}: till ${figure(difference.till)}, received here ${figure(difference.agent)}`
}

const maxMessage = 1_000

export const differsMessage = (
  workstationId: string,
  businessDay: string,
  differences: readonly CloseDifference[],
  currency: string,
): string => {
  const start = `Till ${workstationId}: its own totals of ${dayText(businessDay)} and what was received here are not the same: `
  const texts = differences.map((difference) => differenceText(difference, currency))
  for (let shown = texts.length; ; shown -= 1) {
    const more = shown < texts.length ? `; and ${texts.length - shown} more` : ''
    const message = `${start}${texts.slice(0, shown).join('; ')}${more}.`
    if (message.length <= maxMessage || shown === 0) return message.slice(0, maxMessage)
  }
}

export const agreesMessage = (workstationId: string, businessDay: string): string =>
  `Till ${workstationId}: its own totals of ${dayText(businessDay)} and what was received here are the same now.`

type Numbered = Pick<CountedTransaction, 'workstationId' | 'businessDay' | 'sequenceNumber'>

const receiptText = ({ businessDay, sequenceNumber }: Numbered): string => `receipt ${sequenceNumber} of ${dayText(businessDay)}`

export const sumsMessage = (receipt: Numbered, difference: ReceiptDifference, currency: string): string => {
  const money = (minor: number): string => moneyText(minor, currency)
  const { linesMinor, statedMinor, tenderedMinor, grandMinor } = difference
  return (
    `Till ${receipt.workstationId}: ${receiptText(receipt)} says ${money(grandMinor)} in total, but its lines make ${money(linesMinor)}, ` +
    `its net and tax ${money(statedMinor)}, its payments ${money(tenderedMinor)}. It was taken as the till sent it.`
  )
}

export const conflictMessage = (receipt: Numbered & Pick<CountedTransaction, 'totals' | 'currency'>): string => {
  const { totals, currency } = receipt
  const worth = currency === undefined ? '' : ` The second one is of ${moneyText(totals.grandMinor, currency)}.`
  return `Till ${receipt.workstationId}: ${receiptText(receipt)} came again with other contents.${worth} Both are kept, and the first one counts.`
}
