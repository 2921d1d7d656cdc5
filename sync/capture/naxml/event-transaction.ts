/** One event to a canonical transaction: header, references, totals. */
import { claimedNumberSchema } from '../../contract/record.ts'
import type { Tax, Tender, Transaction } from '../../contract/transaction.ts'
import { toCanonical } from '../canonical.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem } from '../captured-item.ts'
import { child, children, type Element, plainText, textOf } from './element.ts'
import { createEventFields, type EventFields } from './event-fields.ts'
import { detailOf, kindOf } from './event-kind.ts'
import { type EventLines, readEventLines, readTender, type RungLine } from './event-lines.ts'

export interface JournalHeader {
  storeId?: string | undefined
  currency?: string | undefined
}

export const readEvent = (event: Element, text: string, where: string, header: JournalHeader, hints: CaptureHints): CapturedItem => {
  const fields = createEventFields(where, header.currency ?? hints.currency)
  const candidate = candidateOf(event, header, fields, hints)
  const canonical = toCanonical(candidate, hints, where)
  const reasons = [...fields.reasons, ...(canonical.ok ? [] : canonical.reasons)]
  if (canonical.ok && reasons.length === 0)
    return { outcome: 'transaction', transaction: canonical.transaction, warnings: fields.warnings, where }
  const claimed = claimedNumberSchema.safeParse({
    ...{ workstationId: candidate['workstationId'], businessDay: candidate['businessDay'], sequenceNumber: candidate['sequenceNumber'] },
  })
  return quarantinedItem(reasons, text, where, claimed.success ? claimed.data : undefined)
}

const candidateOf = (event: Element, header: JournalHeader, fields: EventFields, hints: CaptureHints): Record<string, unknown> => {
  const isRefund = event.local === 'RefundEvent' || event.local === 'ReturnEvent'
  const lines = readEventLines(event, isRefund, fields)
  const links = children(event, 'LinkedTransactionInfo')
  const kind = kindOf(event, new Set(lines.goods.filter((line) => !line.voided).map((line) => line.kind)), links.length > 0)
  const money = moneyOf(event, lines, fields)
  const reason = reasonOf(event)
  const extensions = { ...keptRaw(event), ...lines.exactPrices }
  const operatorId = textOf(event, 'CashierID')
  const references = links.map((link) => referenceOf(link, kind))
  return {
    storeId: textOf(event, 'StoreLocationID') ?? header.storeId ?? hints.storeId,
    workstationId: textOf(event, 'RegisterID'),
    businessDay: (textOf(event, 'BusinessDate') ?? textOf(event, 'EventEndDate', 'EventStartDate'))?.slice(0, 10),
    sequenceNumber: sequenceNumberOf(event, fields),
    kind,
    endedAt: endedAtOf(event),
    ...(operatorId === undefined ? {} : { operatorId }),
    currency: fields.currency,
    lineItems: money.goods.map(({ takenOff: _sum, ...line }) => line),
    tenders: [...lines.tenders, ...movedMoney(event, fields)],
    taxes: money.taxes,
    totals: money.totals,
    ...(lines.discounts.length === 0 ? {} : { discounts: lines.discounts }),
    ...(references.length === 0 ? {} : { references }),
    ...(reason === undefined ? {} : { reason }),
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

const sequenceNumberOf = (event: Element, fields: EventFields): number => {
  const text = textOf(event, 'TransactionID', 'EventSequenceID') ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text)
  fields.fault('INVALID', `TransactionID: "${text.slice(0, 60)}" is not a whole number`)
  return 0
}

/** Dates come as 2021-05-28, 2021-05-28T or with a midnight behind; times with or without an offset. */
const endedAtOf = (event: Element): string | undefined => {
  for (const which of ['EventEnd', 'Receipt', 'EventStart']) {
    const date = textOf(event, `${which}Date`)?.slice(0, 10)
    const time = textOf(event, `${which}Time`)
    if (date !== undefined && time !== undefined) return `${date}T${time}`
  }
  return textOf(event, 'EventDateTime')
}

const referenceOf = (link: Element, kind: Transaction['kind']): Record<string, unknown> => {
  const reason = textOf(link, 'TransactionLinkReason') ?? ''
  const number = textOf(link, 'OriginalTransactionID') ?? ''
  const day = textOf(link, 'OriginalBusinessDate', 'OriginalEventEndDate', 'OriginalEventStartDate')?.slice(0, 10)
  const relation = /void/i.test(reason)
    ? 'voids'
    : /suspend|resume|recall/i.test(reason)
      ? 'resumes'
      : kind === 'post-void'
        ? 'voids'
        : 'return-of'
  const optional: [string, string | number | undefined][] = [
    ['storeId', textOf(link, 'OriginalStoreLocationID')],
    ['workstationId', textOf(link, 'OriginalRegisterID')],
    ['businessDay', day],
    ...(/^\d{1,10}$/.test(number)
      ? [['sequenceNumber', Number(number)] as [string, number]]
      : [['documentId', number || undefined] as [string, string | undefined]]),
  ]
  return { relation, ...Object.fromEntries(optional.filter(([, value]) => value !== undefined)) }
}

const leaves = new Set(['paid-out', 'pick-up'])

const movedMoney = (event: Element, fields: EventFields): Tender[] => {
  const found = detailOf(event)
  if (!found || !['paid-in', 'paid-out', 'pick-up', 'loan'].includes(found.kind)) return []
  const sign = leaves.has(found.kind) ? -1 : 1
  const infos = children(found.detail, 'TenderInfo').map((info) => readTender(info, fields))
  const amount = fields.money(found.detail, 'DetailAmount', 'DropAmount', 'LoanAmount', 'PayInAmount', 'PayOutAmount')
  const moved = infos.length > 0 || amount === undefined ? infos : [{ kind: 'cash' as const, amountMinor: amount }]
  return moved.map((one, index) => ({ ...one, lineNumber: index + 1, amountMinor: sign * Math.abs(one.amountMinor) + 0, voided: false }))
}

const reasonOf = (event: Element): string | undefined => {
  const detail = detailOf(event)?.detail
  const said = detail?.children.find((one) => one.local.endsWith('Reason'))?.text.trim() ?? textOf(event, 'RefundReason', 'VoidReason')
  return said === undefined || said === '' ? undefined : said.slice(0, 200)
}

interface Money {
  goods: RungLine[]
  taxes: Tax[]
  totals: Record<string, number>
}

/** Whether discounts and taxes are contained in the amounts is not said; what makes the stated total fit is meant. */
const moneyOf = (event: Element, lines: EventLines, fields: EventFields): Money => {
  const summary = child(event, 'TransactionSummary')
  const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0)
  const goodsSum = (goods: readonly RungLine[]): number => sum(goods.filter((line) => !line.voided).map((line) => line.amountMinor))
  const statedNet = fields.money(summary, 'TransactionTotalNetAmount', 'TransactionTotalGrossAmount')
  const rounding = fields.money(summary, 'RoundingAmount')
  const statedGrand = fields.money(summary, 'TransactionTotalGrandAmount')
  const isPaidBack = /refund/i.test(child(summary, 'TransactionTotalGrandAmount')?.attributes.get('direction') ?? '')
  const discounts = sum(lines.discounts.map((one) => one.amountMinor))
  const lessDiscounts = lines.goods.map((line) => ({ ...line, amountMinor: line.amountMinor - line.discountMinor }))
  const isBefore =
    statedNet !== undefined && goodsSum(lines.goods) - discounts !== statedNet && goodsSum(lessDiscounts) - discounts === statedNet
  const goods = isBefore ? lessDiscounts : lines.goods
  const taxSum = sum(lines.taxes.map((tax) => tax.taxMinor))
  const taxMinor = fields.money(summary, 'TransactionTotalTaxNetAmount') ?? taxSum
  const linesMinor = goodsSum(goods) - discounts + (rounding ?? 0)
  const grandMinor = statedGrand === undefined ? linesMinor + taxSum : isPaidBack ? 0 - Math.abs(statedGrand) : statedGrand
  const inclusive = linesMinor === grandMinor && taxSum !== 0
  return {
    goods,
    taxes: lines.taxes.map((tax) => ({ ...tax, inclusive })),
    totals: {
      netMinor: grandMinor - taxMinor - (rounding ?? 0),
      taxMinor,
      grandMinor,
      ...(rounding === undefined ? {} : { roundingMinor: rounding }),
    },
  }
}

const maxKept = 100
const maxKeptCharacters = 2_000

/** Vendors' own elements, and what the contract has no field for. */
const keptRaw = (event: Element): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const one of event.children) {
    const isOurs = !/^extension$/i.test(one.local) && one.local !== 'TillID' && one.local !== 'OutsideSalesFlag'
    const text = one.local === 'OutsideSalesFlag' ? (one.attributes.get('value') ?? '') : plainText(one)
    if (!isOurs && text !== '' && Object.keys(kept).length < maxKept) kept[one.local] = text.slice(0, maxKeptCharacters)
  }
  return kept
}
