/**
 * What is taken off the receipt as a whole. NCR ACS prints it as `LoyaltyReward` lines of their own: once in detail, and once or more in
 * summary, which repeats it and counts for nothing. A detail that names a sold line by its operator sequence lowers that line, and
 * one that names none the receipt. Others print a `Discount` line.
 */
import type { ReceiptDiscount } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import type { RungLine } from './line-items.ts'
import { isVoided, type ReceiptRow, type ReceiptRows } from './receipt-rows.ts'
import { attributeOf, childOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

export const applyRewards = (lines: readonly RungLine[], rewards: readonly ReceiptRow[], fields: FieldReader): readonly RungLine[] => {
  if (rewards.length === 0) return lines
  const offByLine = new Map<RungLine, number>()
  for (const reward of monetary(rewards)) {
    const line = lineOf(reward, lines)
    if (!line) continue
    const amount = fields.money(reward, `line ${line.item.lineNumber}.LoyaltyReward`, 'ExtendedRewardAmount') ?? 0
    offByLine.set(line, (offByLine.get(line) ?? 0) - amount)
  }
  if (offByLine.size === 0) return lines
  return lines.map((line) => {
    const off = offByLine.get(line) ?? 0
    return { ...line, item: { ...line.item, discountMinor: line.item.discountMinor + off, amountMinor: line.item.amountMinor - off } }
  })
}

export const readReceiptDiscounts = (lines: readonly RungLine[], rows: ReceiptRows, fields: FieldReader): ReceiptDiscount[] => {
  const rewards = monetary(rows.rewards).filter((reward) => isTrue(attributeOf(reward, 'detailedData')) && !lineOf(reward, lines))
  const discounts = rewards.map((reward) => ({
    code: (textOf(reward, 'PromotionID') ?? '').slice(0, 64),
    description: (textOf(reward, 'RewardDescription') ?? textOf(reward, 'Description') ?? '').slice(0, 200),
    amountMinor: 0 - (fields.money(reward, 'LoyaltyReward', 'ExtendedRewardAmount') ?? 0),
  }))
  for (const { row, node } of rows.discounts) if (!isVoided(row)) discounts.push(readDiscountLine(node, fields))
  return discounts
}

const readDiscountLine = (discount: XmlNode, fields: FieldReader): ReceiptDiscount => {
  const amount = fields.money(discount, 'Discount', 'Amount', 'ExtendedDiscountAmount', 'DiscountAmount') ?? 0
  const raises = attributeOf(childOf(discount, 'Amount'), 'Action') === 'Add'
  return {
    code: (
      textOf(childOf(discount, 'PriceDerivationRule'), 'PriceDerivationRuleID') ??
      textOf(discount, 'PromotionID') ??
      textOf(discount, 'ReasonCode') ??
      ''
    ).slice(0, 64),
    description: (textOf(discount, 'Description') ?? textOf(childOf(discount, 'PriceDerivationRule'), 'Description') ?? '').slice(0, 200),
    amountMinor: raises ? 0 - amount : amount,
  }
}

const monetary = (rewards: readonly ReceiptRow[]): XmlNode[] =>
  rewards.flatMap(({ row, node }) => (!isVoided(row) && textOf(node, 'RewardCategory') === 'Monetary' ? [node] : []))

const lineOf = (reward: XmlNode, lines: readonly RungLine[]): RungLine | undefined => {
  const reference = textOf(reward, 'OperatorSequenceReference')
  return reference === undefined ? undefined : lines.find((line) => textOf(line.goods, 'OperatorSequence') === reference)
}
