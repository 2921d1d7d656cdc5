/**
 * A tax rate: what a category of goods is taxed with in a jurisdiction, from a business day until another. One of each jurisdiction and
 * category is in force at a time [IDN10]. `rateMicro` is millionths (25 % = 250000). Pure.
 */
import { z } from 'zod'

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'is a word of small letters, digits and hyphens, as “standard” or “reduced-food”')
export const jurisdictionSchema = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{0,31}$/, 'is a code of capital letters, digits and hyphens, as “SE” or “US-NY”')
export const categorySchema = slug

export const taxRateSchema = z.strictObject({
  jurisdiction: jurisdictionSchema,
  category: categorySchema,
  rateMicro: z.int().min(0).max(1_000_000, 'is more than 100 %'),
  effectiveFrom: z.iso.date('is no date as 2026-01-31'),
  /** The last day, itself included; null: until another one says otherwise. */
  effectiveTo: z.iso.date('is no date as 2026-01-31').nullable(),
})
export type TaxRate = z.infer<typeof taxRateSchema>

/** By jurisdiction, category and first day: there is one rate for each. */
export const placeOfRate = ({ jurisdiction, category, effectiveFrom }: TaxRate): string =>
  JSON.stringify([jurisdiction, category, effectiveFrom])

export const isInForce = (rate: Pick<TaxRate, 'effectiveFrom' | 'effectiveTo'>, day: string): boolean =>
  rate.effectiveFrom <= day && (rate.effectiveTo === null || day <= rate.effectiveTo)

export const overlap = (a: TaxRate, b: TaxRate): boolean =>
  a.jurisdiction === b.jurisdiction && a.category === b.category && (isInForce(a, b.effectiveFrom) || isInForce(b, a.effectiveFrom))

/** 125000 → "12.5". */
export const percentOf = (rateMicro: number): string => {
  const digits = String(rateMicro).padStart(5, '0')
  const fraction = digits.slice(-4).replace(/0+$/, '')
  return `${digits.slice(0, -4)}${fraction === '' ? '' : `.${fraction}`}`
}

/** "12.5", "12,5 %" → 125000; undefined where it is no percentage of at most four decimals. */
export const readPercent = (text: string): number | undefined => {
  const [, whole, fraction = ''] = /^(\d{1,3})(?:[.,](\d{1,4}))?\s*%?$/.exec(text.trim()) ?? []
  return whole === undefined ? undefined : Number(`${whole}${fraction.padEnd(4, '0')}`)
}

/** The tax in (inclusive) or on top of an amount, half away from zero. Days' sums times millionths do not fit a double. */
export const taxOn = (amountMinor: number, rateMicro: number, inclusive: boolean): number => {
  const [amount, rate] = [BigInt(Math.abs(amountMinor)), BigInt(rateMicro)]
  const base = inclusive ? 1_000_000n + rate : 1_000_000n
  return Math.sign(amountMinor) * Number((2n * amount * rate + base) / (2n * base)) || 0
}
