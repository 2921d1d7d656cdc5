/**
 * Voids as tills print them. A voiding line counts for nothing; so does the line it takes back. That line is found by its
 * link, or as the nearest earlier one of the same goods when the voiding line is negative, or when only so the receipt's total fits.
 */
import type { RungLine } from './line-items.ts'

export const pairVoids = (lines: readonly RungLine[], grandMinor: number | undefined): RungLine[] => {
  const paired = withVoids(lines, false)
  if (grandMinor === undefined || sumOf(paired) === grandMinor) return paired
  const guessed = withVoids(lines, true)
  return sumOf(guessed) === grandMinor ? guessed : paired
}

const sumOf = (lines: readonly RungLine[]): number => lines.reduce((sum, { item }) => (item.voided ? sum : sum + item.amountMinor), 0)

const withVoids = (lines: readonly RungLine[], guess: boolean): RungLine[] => {
  const voided = new Set(lines.flatMap((line, index) => (line.item.voided ? [index] : [])))
  for (const [index, line] of lines.entries()) {
    if (!line.item.voided) continue
    const target = linkedLine(lines, index) ?? (line.rungNegative || guess ? sameGoods(lines, index, voided) : undefined)
    if (target !== undefined) voided.add(target)
  }
  return lines.map((line, index) => ({ ...line, item: { ...line.item, voided: voided.has(index) } }))
}

const linkedLine = (lines: readonly RungLine[], index: number): number | undefined => {
  const links = lines[index]?.links ?? []
  const found = lines.findIndex((other, at) => at !== index && !other.item.voided && other.numbers.some((n) => links.includes(n)))
  return found < 0 ? undefined : found
}

const sameGoods = (lines: readonly RungLine[], index: number, voided: ReadonlySet<number>): number | undefined => {
  const line = lines[index]?.item
  for (let at = index - 1; line && at >= 0; at -= 1) {
    const other = lines[at]?.item
    if (!other || voided.has(at)) continue
    const alike = other.itemId === line.itemId && other.barcode === line.barcode
    if (
      alike &&
      Math.abs(other.amountMinor) === Math.abs(line.amountMinor) &&
      Math.abs(other.quantityMilli) === Math.abs(line.quantityMilli)
    )
      return at
  }
  return undefined
}
