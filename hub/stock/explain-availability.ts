/** Why a figure is what it is, in the words of the shop: every number of it is one of its terms [AVL4]. */
import type { Unit } from '#sync/contract/transaction.ts'
import type { AvailabilityTerm, RuleSaid } from './available.ts'
import type { UnseenCause, UnseenTerm } from './confidence.ts'

export interface Place {
  storeId: string
  /** The store's zone, for the day of the count. */
  timeZone: string
}

type Of<K extends AvailabilityTerm['kind']> = Extract<AvailabilityTerm, { kind: K }>

const unitWords: Record<Unit, string> = { each: '', kilogram: ' kg', litre: ' l', metre: ' m' }

/** At most so many decimals, and no zeros behind them. */
const numberWord = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)))

export const durationWord = (ms: number): string => {
  const minutes = ms / 60_000
  if (minutes < 1.5) return `${Math.max(0, Math.round(ms / 1_000))} s`
  if (minutes < 90) return `${Math.round(minutes)} min`
  if (minutes < 48 * 60) return `${numberWord(minutes / 60, 1)} h`
  return `${Math.round(minutes / 1_440)} days`
}

/** A mean is told in halves where it is large enough, else as finely as it takes to be something. */
const aboutWord = (value: number): string => (value >= 10 ? numberWord(value, 0) : numberWord(value, value >= 0.1 ? 1 : 2))

const rateWord = ({ milliPerHour }: UnseenTerm): string => `sells about ${aboutWord(milliPerHour / 1_000)} an hour`

/** A clock that is a minute out changes no age that matters. */
const clockWords = (offsetMs: number): string =>
  Math.abs(offsetMs) < 60_000 ? '' : `, by a clock that is ${durationWord(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}`

const ruleWords = (by: RuleSaid | undefined): string => (by === undefined ? '' : ` (rule ${by.ruleId} of ${by.owner}: ${by.reason})`)

const causeWords: Record<UnseenCause, (term: UnseenTerm, storeId: string) => string> = {
  silence: (term, storeId) => `store ${storeId} has not reported for ${durationWord(term.ms ?? 0)} and ${rateWord(term)}`,
  pending: ({ records = 0, offsetMs = 0 }, storeId) =>
    `store ${storeId} said that ${records} of its records ${records === 1 ? 'is' : 'are'} still on the way${clockWords(offsetMs)}`,
  gap: ({ records = 0 }) => `${records} of its records ${records === 1 ? 'is' : 'are'} missing here`,
  'feed-lag': (term) => `it has not had the newest item data for ${durationWord(term.ms ?? 0)}`,
  horizon: (term) => `an order is picked up to ${durationWord(term.ms ?? 0)} from now, and the shop ${rateWord(term)}`,
  drift: (term) => `it was last counted ${durationWord(term.ms ?? 0)} ago`,
}

/** Causes of less than a twentieth of what is expected unseen say nothing; the weightiest comes first. */
const weightyCauses = (terms: readonly AvailabilityTerm[]): UnseenTerm[] => {
  const causes = terms.filter((term) => term.kind === 'unseen').toSorted((a, b) => b.meanMicro - a.meanMicro)
  const total = causes.reduce((sum, { meanMicro }) => sum + meanMicro, 0)
  return causes.filter(({ meanMicro }) => meanMicro > 0 && meanMicro * 20 >= total)
}

const onHandWords = ({ milli, count }: Of<'on-hand'>, quantity: (milli: number) => string, { timeZone }: Place): string => {
  if (count === undefined) return `${quantity(milli)} on hand`
  const [at, zone] = count.businessDay === undefined ? [count.atMs, timeZone] : [Date.parse(count.businessDay), 'UTC']
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: zone }).format(at)
  const { soldSinceMilli = 0, otherSinceMilli } = count
  const [more, less] = count.soldSinceMilli === undefined ? ['more', 'less'] : ['in', 'out']
  const sold = soldSinceMilli === 0 ? [] : [`${quantity(soldSinceMilli)} sold since`]
  const other = otherSinceMilli === 0 ? [] : [`${quantity(Math.abs(otherSinceMilli))} ${otherSinceMilli > 0 ? more : less} since`]
  const since = [...sold, ...other].join(', ')
  return `${quantity(milli)} on hand: ${quantity(count.countedMilli)} by the count of ${day}${since === '' ? '' : `, ${since}`}`
}

const allocationWords = ({ milli, of }: Of<'allocation'>, quantity: (milli: number) => string): string => {
  if (of === undefined) return `at most ${quantity(milli)} for this channel`
  if (of.isClosed) return `closed for this channel${ruleWords(of.by)}`
  const held = of.heldMilli === 0 ? '' : `, ${quantity(of.heldMilli)} of it reserved already`
  return `at most ${quantity(of.limitMilli)} for this channel${held}${ruleWords(of.by)}`
}

const find = <K extends AvailabilityTerm['kind']>(terms: readonly AvailabilityTerm[], kind: K): Of<K> | undefined =>
  terms.find((term): term is Of<K> => term.kind === kind)

export const explainAvailability = (terms: readonly AvailabilityTerm[], place: Place): string => {
  const unit = find(terms, 'on-hand')?.unit ?? 'each'
  const quantity = (milli: number): string => `${numberWord(milli / 1_000, 3)}${unitWords[unit]}`
  const sentences = terms.flatMap((term) => {
    switch (term.kind) {
      case 'on-hand':
        return onHandWords(term, quantity, place)
      case 'reserved':
        return term.milli === 0 ? [] : `${quantity(term.milli)} reserved`
      case 'safety':
        return term.milli === 0 && term.by === undefined ? [] : `${quantity(term.milli)} kept as safety stock${ruleWords(term.by)}`
      case 'withheld': {
        const why = weightyCauses(terms).map((cause) => causeWords[cause.cause](cause, place.storeId))
        const level = term.by === undefined ? [] : [`to be there with ${numberWord(term.servicePpm / 10_000, 4)} %${ruleWords(term.by)}`]
        return [...(term.milli === 0 ? [] : [`${why.join('; ')}: ${quantity(term.milli)} held back`]), ...level]
      }
      case 'allocation':
        return allocationWords(term, quantity)
      case 'offered':
        return `${quantity(term.milli)} offered`
      case 'unseen':
        return []
    }
  })
  return `${sentences.join('; ')}.`
}
