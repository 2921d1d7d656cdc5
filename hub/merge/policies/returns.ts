/**
 * Goods that were sold once are taken back into stock once [MRG2], however many stores and receipts give the money back, in whatever order
 * their records arrive: of the returns of one item of one sale the earliest business day comes first, then the smallest key and line. What
 * goes beyond what was sold is held, until a person says that the goods are there after all, or that they are not.
 *
 *   sold 2 ◀─ S1|…|7 returns 1 ✓     ◀─ S2|…|3 returns 2: 1 ✓ 1 held
 */
import { unitsText } from '../../stock/movement-words.ts'
import type { Judgement } from './verdict.ts'

/** One item of one sale. */
export interface OriginalItem {
  /** waits: the sale is there, and which items it sold is not known yet. */
  sale: 'known' | 'waits' | 'missing'
  soldMilli: number
  /** What persons said is there beyond what was sold, and what is not. */
  acceptedMilli: number
  rejectedMilli: number
}

export interface ReturnedLine {
  storeId: string
  naturalKey: string
  lineNumber: number
  businessDay: string
  /** What its receipt took back; less what was cancelled of it afterwards. */
  returnedMilli: number
}

export interface JudgedReturn<T extends ReturnedLine> extends Judgement {
  line: T
  heldMilli: number
}

const orderOf = ({ businessDay, naturalKey }: ReturnedLine): string => `${businessDay} ${naturalKey}`

const byOrder = (a: ReturnedLine, b: ReturnedLine): number => {
  const [first, second] = [orderOf(a), orderOf(b)]
  return first === second ? a.lineNumber - b.lineNumber : first < second ? -1 : 1
}

/** In the order in which they are served. */
export const judgeReturns = <T extends ReturnedLine>(original: OriginalItem, lines: readonly T[]): JudgedReturn<T>[] => {
  let leftMilli = original.soldMilli + original.acceptedMilli
  return lines.toSorted(byOrder).map((line): JudgedReturn<T> => {
    if (original.sale === 'missing')
      return { line, heldMilli: 0, verdict: 'accept with exception', reason: 'the hub does not have the sale' }
    if (original.sale === 'waits') return { line, heldMilli: 0, verdict: 'accept', reason: 'what the sale sold is not known yet' }
    const heldMilli = Math.max(0, line.returnedMilli - Math.max(0, leftMilli))
    leftMilli -= line.returnedMilli
    if (heldMilli === 0) return { line, heldMilli, verdict: 'accept', reason: 'within what was sold' }
    return { line, heldMilli, verdict: 'hold', reason: `${unitsText(heldMilli)} more than was sold and not yet returned` }
  })
}

/** Held, and nobody has decided about it yet. */
export const openMilli = <T extends ReturnedLine>({ rejectedMilli }: OriginalItem, judged: readonly JudgedReturn<T>[]): number =>
  Math.max(0, judged.reduce((sum, { heldMilli }) => sum + heldMilli, 0) - rejectedMilli)

/** A return that was cancelled afterwards returned nothing: taken off its receipt's lines, the last one first. */
export const withoutCancelled = <T extends ReturnedLine & { cancelledMilli: number }>(lines: readonly T[]): T[] => {
  const cancelled = new Map(lines.map((line) => [line.naturalKey, line.cancelledMilli]))
  return lines
    .toSorted(byOrder)
    .toReversed()
    .map((line) => {
      const left = cancelled.get(line.naturalKey) ?? 0
      const off = Math.min(left, line.returnedMilli)
      cancelled.set(line.naturalKey, left - off)
      return { ...line, returnedMilli: line.returnedMilli - off }
    })
}
