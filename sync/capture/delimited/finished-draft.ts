/** A transaction whose rows are all there, to the contract: what the file leaves out is computed, what it states stands. */
import type { Transaction } from '../../contract/transaction.ts'
import { toCanonical } from '../canonical.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem } from '../captured-item.ts'
import type { Draft } from './draft.ts'
import type { DelimitedMapping } from './mapping.ts'

export const finishDraft = (draft: Draft, mapping: DelimitedMapping, hints: CaptureHints): CapturedItem => {
  const canonical = toCanonical(candidateOf(draft, mapping, hints), hints, draft.where)
  const reasons = [...draft.reasons, ...(canonical.ok ? [] : canonical.reasons)]
  if (reasons.length > 0 || !canonical.ok) return quarantinedItem(reasons, draft.raw, draft.where)
  return { outcome: 'transaction', transaction: canonical.transaction, warnings: [], where: draft.where }
}

const moneyOut: ReadonlySet<Transaction['kind']> = new Set(['paid-out', 'pick-up'])

const candidateOf = (draft: Draft, mapping: DelimitedMapping, hints: CaptureHints): Record<string, unknown> => {
  const { header, lines, taxes, discounts, references } = draft
  const kind = header.kind ?? kindOf(draft)
  const leaves = moneyOut.has(kind) && mapping.signs.moneyOut === 'positive'
  return {
    storeId: header.storeId ?? hints.storeId,
    workstationId: header.workstationId,
    businessDay: header.businessDay,
    sequenceNumber: header.sequenceNumber,
    kind,
    endedAt: header.endedAt,
    ...given('operatorId', header.operatorId),
    currency: header.currency ?? hints.currency,
    lineItems: lines,
    tenders: leaves ? draft.tenders.map((tender) => ({ ...tender, amountMinor: 0 - tender.amountMinor })) : draft.tenders,
    taxes,
    totals: totalsOf(draft),
    ...(discounts.length === 0 ? {} : { discounts }),
    ...(references.length === 0 ? {} : { references }),
    ...given('reason', header.reason),
    ...(Object.keys(header.extensions).length === 0 ? {} : { extensions: header.extensions }),
  }
}

const given = (field: string, value: string | undefined): Record<string, string> => (value === undefined ? {} : { [field]: value })

const kindOf = ({ lines }: Draft): Transaction['kind'] => {
  const kinds = new Set(lines.map((line) => line.kind))
  return kinds.size === 2 ? 'exchange' : kinds.has('return') ? 'return' : 'sale'
}

const totalsOf = ({ header, lines, taxes, discounts }: Draft): Record<string, number> => {
  const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0)
  const rounding = header.rounding ?? 0
  const taxMinor = header.tax ?? sum(taxes.map((tax) => tax.taxMinor))
  const owed =
    sum(lines.filter((line) => !line.voided).map((line) => line.amountMinor)) -
    sum(discounts.map((discount) => discount.amountMinor)) +
    sum(taxes.filter((tax) => !tax.inclusive).map((tax) => tax.taxMinor)) +
    rounding
  const grandMinor = header.grand ?? owed
  return {
    netMinor: header.net ?? grandMinor - taxMinor - rounding,
    taxMinor,
    grandMinor,
    ...(header.rounding === undefined ? {} : { roundingMinor: header.rounding }),
  }
}
