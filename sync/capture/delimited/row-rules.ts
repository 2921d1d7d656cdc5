/** What each kind of row adds to the transaction it belongs to. */
import { type LineItem, tenderKinds, transactionKinds, type Unit, unitSchema } from '../../contract/transaction.ts'
import { minorDigits } from '../currency.ts'
import { extendMinor } from '../decimal.ts'
import type { Draft, DraftReference } from './draft.ts'
import type { DelimitedMapping, RowRule, RuleOf, Value } from './mapping.ts'
import { businessDayOf } from './time-format.ts'
import type { ValueReader } from './value-reader.ts'

export interface RowContext {
  draft: Draft
  values: ValueReader
  mapping: DelimitedMapping
  currency: string
}

export const addRow = (rule: RowRule, context: RowContext): void => {
  if (rule.adds === 'transaction') addHeader(rule, context)
  else if (rule.adds === 'line') addLine(rule, context)
  else if (rule.adds === 'tender') addTender(rule, context)
  else if (rule.adds === 'tax') addTax(rule, context)
  else if (rule.adds === 'discount') addDiscount(rule, context)
  else if (rule.adds === 'reference') addReference(rule, context)
}

const addHeader = ({ fields, keep }: RuleOf<'transaction'>, context: RowContext): void => {
  const { draft, values, mapping } = context
  const ended = values.time(fields.endedAt)
  const currency = values.text(fields.currency)
  const digits = minorDigits(currency ?? context.currency)
  draft.header = {
    storeId: values.text(fields.storeId),
    workstationId: values.text(fields.workstationId),
    businessDay: fields.businessDay ? values.date(fields.businessDay) : ended && businessDayOf(ended, mapping.businessDayBegins),
    sequenceNumber: values.integer(fields.sequenceNumber),
    kind: values.word(fields.kind, transactionKinds, 'kind of transaction'),
    endedAt: ended && `${ended.date}T${ended.time}${ended.offset}`,
    operatorId: values.text(fields.operatorId),
    currency,
    reason: values.text(fields.reason),
    net: values.money(fields.net, digits),
    tax: values.money(fields.tax, digits),
    grand: values.money(fields.grand, digits),
    rounding: values.money(fields.rounding, digits),
    extensions: Object.fromEntries(Object.entries(keep ?? {}).flatMap(([name, value]) => keptEntry(name, values.text(value)))),
  }
}

const keptEntry = (name: string, text: string | undefined): [string, string][] => (text === undefined ? [] : [[name, text]])

const units: Record<string, Unit> = {
  EA: 'each',
  PC: 'each',
  PCE: 'each',
  PCS: 'each',
  ST: 'each',
  STK: 'each',
  KG: 'kilogram',
  KGM: 'kilogram',
  L: 'litre',
  LT: 'litre',
  LTR: 'litre',
  M: 'metre',
  MTR: 'metre',
}

const unitOf = (value: Value | undefined, values: ValueReader): Unit => {
  const said = values.text(value)
  const known = said === undefined ? 'each' : units[said.toUpperCase()]
  return known ?? values.word(value, unitSchema.options, 'unit') ?? 'each'
}

const flip = (value: number): number => (value === 0 ? 0 : -value)

const addLine = ({ fields, original }: RuleOf<'line'>, { draft, values, mapping, currency }: RowContext): void => {
  const digits = minorDigits(draft.header.currency ?? currency)
  const quantityMilli = values.quantity(fields.quantity) ?? 1_000
  const discountMinor = values.money(fields.discount, digits) ?? 0
  const unitPrice = values.money(fields.unitPrice, digits)
  const amountMinor = values.money(fields.amount, digits) ?? extendMinor(unitPrice ?? 0, quantityMilli) - discountMinor
  const kind: LineItem['kind'] =
    values.word(fields.kind, ['sale', 'return'], 'kind of line') ?? (quantityMilli < 0 || amountMinor < 0 ? 'return' : 'sale')
  const signed = kind === 'return' && mapping.signs.returns === 'positive' ? flip : (value: number): number => value
  const itemId = values.text(fields.itemId)
  const barcode = values.text(fields.barcode)
  const reference = original && readReference(original, values)
  draft.lines.push({
    lineNumber: values.integer(fields.lineNumber) ?? draft.lines.length + 1,
    kind,
    ...(itemId === undefined ? {} : { itemId }),
    ...(barcode === undefined ? {} : { barcode }),
    description: (values.text(fields.description) ?? '').slice(0, 200),
    quantityMilli: signed(quantityMilli),
    unit: unitOf(fields.unit, values),
    unitPriceMinor: unitPrice ?? (Math.abs(quantityMilli) === 1_000 ? Math.abs(amountMinor + discountMinor) : 0),
    discountMinor: signed(discountMinor),
    amountMinor: signed(amountMinor),
    voided: values.flag(fields.voided),
    ...(reference === undefined || Object.keys(reference).length === 0 ? {} : { original: { relation: 'return-of', ...reference } }),
  })
}

const readReference = (fields: NonNullable<RuleOf<'line'>['original']>, values: ValueReader): DraftReference => {
  const reference: Record<string, string | number | undefined> = {
    storeId: values.text(fields.storeId),
    workstationId: values.text(fields.workstationId),
    businessDay: values.date(fields.businessDay),
    sequenceNumber: values.integer(fields.sequenceNumber),
    lineNumber: values.integer(fields.lineNumber),
    documentId: values.text(fields.documentId),
  }
  return Object.fromEntries(Object.entries(reference).filter(([, value]) => value !== undefined))
}

const addTender = ({ fields }: RuleOf<'tender'>, { draft, values, mapping, currency }: RowContext): void => {
  const digits = minorDigits(draft.header.currency ?? currency)
  const amountMinor = values.money(fields.amount, digits)
  const change = values.money(fields.change, digits) ?? 0
  const voided = values.flag(fields.voided)
  const lineNumber = values.integer(fields.lineNumber) ?? draft.lines.length + draft.tenders.length + 1
  const kind = values.word(fields.kind, tenderKinds, 'kind of tender') ?? 'cash'
  const foreignCurrency = values.text(fields.foreignCurrency)
  const foreign =
    foreignCurrency === undefined
      ? {}
      : { foreign: { currency: foreignCurrency, amountMinor: values.money(fields.foreignAmount, minorDigits(foreignCurrency)) } }
  // A flat file repeats an empty tender on every line but one.
  if (amountMinor !== undefined) draft.tenders.push({ lineNumber, kind, amountMinor, voided, ...foreign })
  if (change !== 0)
    draft.tenders.push({ lineNumber, kind: 'cash', amountMinor: mapping.signs.change === 'positive' ? -change : change, voided })
}

const addTax = (rule: RuleOf<'tax'>, { draft, values, mapping, currency }: RowContext): void => {
  const { fields } = rule
  const digits = minorDigits(draft.header.currency ?? currency)
  const taxMinor = values.money(fields.amount, digits)
  if (taxMinor === undefined) return
  const rateMicro = values.percent(fields.rate)
  const tax = {
    code: values.text(fields.code) ?? 'tax',
    ...(rateMicro === undefined ? {} : { rateMicro }),
    taxableMinor: values.money(fields.taxable, digits) ?? 0,
    taxMinor,
    inclusive: fields.inclusive ? values.flag(fields.inclusive) : mapping.taxes === 'inclusive',
  }
  const alike = rule.sum
    ? draft.taxes.find((known) => known.code === tax.code && known.rateMicro === rateMicro && known.inclusive === tax.inclusive)
    : undefined
  if (!alike) draft.taxes.push(tax)
  else {
    alike.taxableMinor += tax.taxableMinor
    alike.taxMinor += tax.taxMinor
  }
}

const addDiscount = ({ fields }: RuleOf<'discount'>, { draft, values, currency }: RowContext): void => {
  const amountMinor = values.money(fields.amount, minorDigits(draft.header.currency ?? currency))
  if (amountMinor === undefined) return
  draft.discounts.push({
    code: values.text(fields.code) ?? '',
    description: (values.text(fields.description) ?? '').slice(0, 200),
    amountMinor,
  })
}

const addReference = ({ fields }: RuleOf<'reference'>, { draft, values }: RowContext): void => {
  const { relation, ...others } = fields
  const said = values.word(relation, ['return-of', 'voids', 'resumes', 'order'], 'relation')
  if (said !== undefined) draft.references.push({ relation: said, ...readReference(others, values) })
}
