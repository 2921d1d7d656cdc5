/**
 * NCR ACS prints a receipt-wide discount as `LoyaltyReward` lines of their own: once in detail, naming the sold line by its operator
 * sequence, once or more in summary. The detail lowers that line; the summaries repeat it and count for nothing.
 */
import type { FieldReader } from './field-reader.ts'
import { lineNumberOf, type RungLine } from './line-items.ts'
import { attributeOf, childOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

export const applyRewards = (lines: readonly RungLine[], rows: readonly XmlNode[], fields: FieldReader): RungLine[] => {
  const offByLine = new Map<number, number>()
  for (const row of rows) {
    const reward = childOf(row, 'LoyaltyReward')
    if (!reward || isTrue(attributeOf(row, 'VoidFlag')) || textOf(reward, 'RewardCategory') !== 'Monetary') continue
    const number = lineOfOperatorSequence(rows, textOf(reward, 'OperatorSequenceReference'))
    if (number === undefined) continue
    const amount = fields.money(reward, `line ${number}`, 'ExtendedRewardAmount') ?? 0
    offByLine.set(number, (offByLine.get(number) ?? 0) - amount)
  }
  if (offByLine.size === 0) return [...lines]
  return lines.map((line) => {
    const off = offByLine.get(line.item.lineNumber) ?? 0
    return { ...line, item: { ...line.item, discountMinor: line.item.discountMinor + off, amountMinor: line.item.amountMinor - off } }
  })
}

const lineOfOperatorSequence = (rows: readonly XmlNode[], reference: string | undefined): number | undefined => {
  if (reference === undefined) return undefined
  const index = rows.findIndex((row) => textOf(childOf(row, 'Sale') ?? childOf(row, 'Return'), 'OperatorSequence') === reference)
  const row = rows[index]
  return row ? lineNumberOf(row, index) : undefined
}
