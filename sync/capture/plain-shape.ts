/**
 * Says quickly that a transaction is what the contract says, its keys in the contract's order and no text with a NUL. It takes a tenth of
 * zod's time and knows only the plain: what it does not pass, zod judges. A test holds the two against each other, field by field.
 */
import { tenderKinds, type Transaction, transactionKinds } from '../contract/transaction.ts'
import { businessDaySchema, tillTimeSchema } from '../contract/vocabulary.ts'

type Check = (value: unknown) => boolean
/** In the contract's order; `undefined` marks what may be missing. */
type Fields = readonly (readonly [name: string, check: Check, isOptional?: true])[]

const whole =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
const text =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length >= min && value.length <= max && !value.includes('\0')
const codeShape = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const code =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max && codeShape.test(value)
const oneOf = (values: readonly string[]): Check => {
  const known = new Set<unknown>(values)
  return (value) => known.has(value)
}
const list =
  (check: Check, max: number): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > max) return false
    for (let at = 0; at < value.length; at += 1) if (!check(value[at])) return false
    return true
  }
/** Each key that is there must be the next of `fields`, or one behind optional ones: so the order is checked as well. */
const shape =
  (fields: Fields): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const record = value as Record<string, unknown>
    let at = 0
    for (const key in record) {
      let field = fields[at]
      while (field && field[0] !== key) {
        if (!field[2]) return false
        field = fields[(at += 1)]
      }
      if (!field || !field[1](record[key])) return false
      at += 1
    }
    for (; at < fields.length; at += 1) if (!fields[at]?.[2]) return false
    return true
  }
const truth: Check = (value) => typeof value === 'boolean'

const amount = whole(-10_000_000_000, 10_000_000_000)
const quantity = whole(-1_000_000_000, 1_000_000_000)
const sequenceNumber = whole(0, 4_294_967_295)
const lineNumber = whole(1, Number.MAX_SAFE_INTEGER)
const currency: Check = (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value)

const plainDay = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/
const plainTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/
const businessDay: Check = (value) => typeof value === 'string' && (plainDay.test(value) || businessDaySchema.safeParse(value).success)
const tillTime: Check = (value) => typeof value === 'string' && (plainTime.test(value) || tillTimeSchema.safeParse(value).success)

const reference = shape([
  ['relation', oneOf(['return-of', 'voids', 'resumes', 'order'])],
  ['storeId', code(32), true],
  ['workstationId', code(32), true],
  ['businessDay', businessDay, true],
  ['sequenceNumber', sequenceNumber, true],
  ['lineNumber', lineNumber, true],
  ['documentId', text(1, 100), true],
])
const line = shape([
  ['lineNumber', lineNumber],
  ['kind', oneOf(['sale', 'return'])],
  ['itemId', code(64), true],
  ['barcode', code(64), true],
  ['description', text(0, 200)],
  ['quantityMilli', quantity],
  ['unit', oneOf(['each', 'kilogram', 'litre', 'metre'])],
  ['unitPriceMinor', amount],
  ['discountMinor', amount],
  ['amountMinor', amount],
  ['voided', truth],
  ['original', reference, true],
])
const tender = shape([
  ['lineNumber', lineNumber],
  ['kind', oneOf(tenderKinds)],
  ['amountMinor', amount],
  ['voided', truth],
  [
    'foreign',
    shape([
      ['currency', currency],
      ['amountMinor', amount],
    ]),
    true,
  ],
])
const tax = shape([
  ['code', text(1, 32)],
  ['rateMicro', whole(0, 10_000_000), true],
  ['taxableMinor', amount],
  ['taxMinor', amount],
  ['inclusive', truth],
])
const totals = shape([
  ['netMinor', amount],
  ['taxMinor', amount],
  ['grandMinor', amount],
  ['roundingMinor', amount, true],
])
const discount = shape([
  ['code', text(0, 64)],
  ['description', text(0, 200)],
  ['amountMinor', amount],
])
const tillTotals = shape([
  ['transactionCount', whole(0, Number.MAX_SAFE_INTEGER), true],
  ['grandMinor', amount, true],
  [
    'tenders',
    list(
      shape([
        ['kind', oneOf(tenderKinds)],
        ['amountMinor', amount],
        ['count', whole(0, Number.MAX_SAFE_INTEGER), true],
      ]),
      50,
    ),
    true,
  ],
  [
    'taxes',
    list(
      shape([
        ['code', text(1, 32)],
        ['taxMinor', amount],
      ]),
      100,
    ),
    true,
  ],
])
const extensions: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const record = value as Record<string, unknown>
  for (const key in record) {
    const raw = record[key]
    if (key.length > 200 || key === '__proto__' || key.includes('\0') || typeof raw !== 'string' || raw.includes('\0')) return false
  }
  return true
}
const transaction = shape([
  ['storeId', code(32)],
  ['workstationId', code(32)],
  ['businessDay', businessDay],
  ['sequenceNumber', sequenceNumber],
  ['kind', oneOf(transactionKinds)],
  ['endedAt', tillTime],
  ['operatorId', text(0, 64), true],
  ['currency', currency],
  ['lineItems', list(line, 5_000)],
  ['tenders', list(tender, 200)],
  ['taxes', list(tax, 200)],
  ['totals', totals],
  ['discounts', list(discount, 200), true],
  ['references', list(reference, 200), true],
  ['reason', text(1, 200), true],
  ['tillTotals', tillTotals, true],
  ['extensions', extensions, true],
])

export const isPlainTransaction = (candidate: unknown): candidate is Transaction => transaction(candidate)
