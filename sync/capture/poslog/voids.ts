/**
 * Voids as tills print them. A voiding line counts for nothing; so does the line it takes back. That line is found by its
 * link, or as the nearest earlier one of the same goods when the voiding line is negative, or when only so the receipt's total fits.
 */
import type { RungLine } from './line-items.ts'
import { childrenOf, type XmlNode } from './xml-node.ts'

/** `fits`: these lines make the receipt's total; undefined where no total is stated. */
export const pairVoids = (lines: readonly RungLine[], fits: ((lines: readonly RungLine[]) => boolean) | undefined): readonly RungLine[] => {
  if (!lines.some((line) => line.item.voided)) return lines
  const paired = withVoids(lines, false)
  if (!fits || fits(paired)) return paired
  const guessed = withVoids(lines, true)
  return fits(guessed) ? guessed : paired
}

const withVoids = (lines: readonly RungLine[], guess: boolean): RungLine[] => {
  const voided = new Set(lines.flatMap((line, index) => (line.item.voided ? [index] : [])))
  for (const [index, line] of lines.entries()) {
    if (!line.item.voided) continue
    const target = linkedLine(lines, index) ?? (line.rungNegative || guess ? sameGoods(lines, index, voided) : undefined)
    if (target !== undefined) voided.add(target)
  }
  return lines.map((line, index) => ({ ...line, item: { ...line.item, voided: voided.has(index) } }))
}

/** The one that this line's `ItemLink` or `CreateRefNumber` names. */
const linkedLine = (lines: readonly RungLine[], index: number): number | undefined => {
  const line = lines[index]
  const links = [line?.goods, line?.row].flatMap((node) => [...textsOf(node, 'ItemLink'), ...textsOf(node, 'CreateRefNumber')])
  if (links.length === 0) return undefined
  const isMeant = (other: RungLine): boolean =>
    [...textsOf(other.row, 'SequenceNumber'), ...textsOf(other.row, 'CreateNumber')].some((number) => links.includes(number))
  const found = lines.findIndex((other, at) => at !== index && !other.item.voided && isMeant(other))
  return found < 0 ? undefined : found
}

const textsOf = (node: XmlNode | undefined, local: string): string[] => childrenOf(node, local).map((one) => one.text.trim())

const sameGoods = (lines: readonly RungLine[], index: number, voided: ReadonlySet<number>): number | undefined => {
  const line = lines[index]?.item
  for (let at = index - 1; line && at >= 0; at -= 1) {
    const other = lines[at]?.item
    if (!other || voided.has(at)) continue
    const alike = other.kind === line.kind && other.itemId === line.itemId && other.barcode === line.barcode
    if (
      alike &&
      Math.abs(other.amountMinor) === Math.abs(line.amountMinor) &&
      Math.abs(other.quantityMilli) === Math.abs(line.quantityMilli)
    )
      return at
  }
  return undefined
}
