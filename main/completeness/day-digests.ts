/**
 * What the hub is asked to compare: each business day's transactions as runs of sequence numbers, count, digest and totals. Records are
 * added in the journal's order and taken off again from its end: what stays is as if the others had never been there.
 *
 * A day that does not fit one digest (500 spans, 20 currencies) is told in several, each of records of its own.
 */
import type { DayDigest, Span } from '#sync/contract/comparison.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { BusinessDay, Currency } from '#sync/contract/vocabulary.ts'
import { must } from '#sync/contract/assert.ts'
import { type DigestBits, digestOf, mixHash, noBits } from '#sync/core/digest.ts'

const spansInPart = 500
const currenciesInPart = 20

type DigestedRecord = Pick<TidelineRecord, 'seq' | 'payloadHash'>
interface DigestedTransaction {
  businessDay: BusinessDay
  currency?: Currency | undefined
  totals: { grandMinor: number }
}

interface Part {
  spans: Span[]
  count: number
  bits: DigestBits
  totals: Map<Currency, { count: number; grandMinor: number }>
}

export interface DayDigests {
  add(record: DigestedRecord, transaction: DigestedTransaction): void
  /** Of the newest record added and not taken off yet, of whatever day. */
  takeOff(record: DigestedRecord, transaction: DigestedTransaction): void
  lastSeqOf(businessDay: BusinessDay): number
  /** Newest day first; the parts of one day in their order. */
  list(incarnation: TidelineRecord['incarnation'], isOffered: (businessDay: BusinessDay) => boolean): DayDigest[]
  copy(): DayDigests
}

const newPart = (): Part => ({ spans: [], count: 0, bits: noBits, totals: new Map() })

const copyOf = (part: Part): Part => ({
  ...part,
  spans: part.spans.map((span) => ({ ...span })),
  totals: new Map([...part.totals].map(([currency, total]) => [currency, { ...total }])),
})

const hasRoom = ({ spans, totals }: Part, seq: number, currency: Currency | undefined): boolean =>
  (spans.length < spansInPart || spans.at(-1)?.toSeq === seq - 1) &&
  (currency === undefined || totals.has(currency) || totals.size < currenciesInPart)

const changeTotal = (part: Part, { currency, totals }: DigestedTransaction, by: 1 | -1): void => {
  if (currency === undefined) return
  const before = part.totals.get(currency) ?? { count: 0, grandMinor: 0 }
  const total = { count: before.count + by, grandMinor: before.grandMinor + by * totals.grandMinor }
  if (total.count === 0) part.totals.delete(currency)
  else part.totals.set(currency, total)
}

const digestOfPart = (businessDay: BusinessDay, incarnation: TidelineRecord['incarnation'], part: Part): DayDigest => ({
  ...{ businessDay, incarnation, spans: part.spans.map((span) => ({ ...span })), count: part.count, digest: digestOf(part.bits) },
  totals: [...part.totals].map(([currency, total]) => ({ currency, ...total })).sort((a, b) => (a.currency < b.currency ? -1 : 1)),
})

export const createDayDigests = (known: ReadonlyMap<BusinessDay, Part[]> = new Map()): DayDigests => {
  const days = new Map([...known].map(([day, parts]) => [day, parts.map(copyOf)]))

  const partFor = (seq: number, { businessDay, currency }: DigestedTransaction): Part => {
    const parts = days.get(businessDay) ?? []
    days.set(businessDay, parts)
    const last = parts.at(-1)
    if (last && hasRoom(last, seq, currency)) return last
    const made = newPart()
    parts.push(made)
    return made
  }
  const add: DayDigests['add'] = ({ seq, payloadHash }, transaction) => {
    const part = partFor(seq, transaction)
    const span = part.spans.at(-1)
    if (span?.toSeq === seq - 1) span.toSeq = seq
    else part.spans.push({ fromSeq: seq, toSeq: seq })
    part.count += 1
    part.bits = mixHash(part.bits, payloadHash)
    changeTotal(part, transaction, 1)
  }
  const takeOff: DayDigests['takeOff'] = ({ seq, payloadHash }, transaction) => {
    const parts = must(days.get(transaction.businessDay), 'day')
    const part = must(parts.at(-1), 'part')
    const span = must(part.spans.at(-1), 'span')
    if (span.toSeq !== seq) throw new Error(`${seq} is not the last of its day; ${span.toSeq} is`)
    if (span.fromSeq === seq) part.spans.pop()
    else span.toSeq = seq - 1
    part.count -= 1
    part.bits = mixHash(part.bits, payloadHash)
    changeTotal(part, transaction, -1)
    if (part.count === 0) parts.pop()
    if (parts.length === 0) days.delete(transaction.businessDay)
  }

  return {
    add,
    takeOff,
    lastSeqOf: (businessDay) => days.get(businessDay)?.at(-1)?.spans.at(-1)?.toSeq ?? 0,
    list: (incarnation, isOffered) =>
      [...days]
        .filter(([businessDay]) => isOffered(businessDay))
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .flatMap(([businessDay, parts]) => parts.map((part) => digestOfPart(businessDay, incarnation, part))),
    copy: () => createDayDigests(days),
  }
}
