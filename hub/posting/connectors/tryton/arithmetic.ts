/**
 * Tryton's own arithmetic, so that its total meets the till's to the minor unit. Pure, integers only.
 *
 *   line amount  = unit price (4 decimals, net) × quantity, rounded to the minor unit
 *   tax          = Σ unit price × quantity × rate per tax, unrounded, then rounded once
 *   total        = Σ line amounts + Σ taxes         all rounding half to even
 *
 * Prices with tax cannot always be met by net lines (two of 0.03 with 25 % come to 0.05), so what remains goes into one
 * untaxed rounding line.
 */
import { decimalText, divideHalfEven } from '../../decimal.ts'

export interface TaxedLine {
  quantityMilli: number
  /** As on the receipt. */
  amountMinor: number
  /** Percentage taxes of the ERP's product, as millionths, each with its identity. */
  taxes: readonly { id: number; rateMicro: number }[]
}

export interface PricedSale {
  /** Net prices of one unit, four decimals, in the order of the lines. */
  unitPrices: string[]
  /** What the untaxed rounding line must carry; zero needs none. */
  roundingMinor: number
  taxMinor: number
  totalMinor: number
}

const priceDecimals = 4
const million = 1_000_000n

/** Net price of one unit in 10^-4 of the currency, from what the line adds to the receipt. */
const unitPriceOf = (line: TaxedLine, taxIncluded: boolean, minorDigits: number): bigint => {
  const rate = taxIncluded ? line.taxes.reduce((sum, tax) => sum + BigInt(tax.rateMicro), 0n) : 0n
  // amount/10^d ÷ quantity/10^3 ÷ (1 + rate/10^6), in 10^-4
  const numerator = BigInt(line.amountMinor) * 10n ** BigInt(priceDecimals) * 1_000n * million
  const denominator = BigInt(line.quantityMilli) * 10n ** BigInt(minorDigits) * (million + rate)
  return denominator < 0n ? divideHalfEven(-numerator, -denominator) : divideHalfEven(numerator, denominator)
}

/** 10^-7 (price × quantity) to minor units. */
const lineAmount = (unitPrice: bigint, line: TaxedLine, minorDigits: number): bigint =>
  divideHalfEven(unitPrice * BigInt(line.quantityMilli), 10n ** BigInt(7 - minorDigits))

const taxAmount = (unitPrices: readonly bigint[], lines: readonly TaxedLine[], minorDigits: number): bigint => {
  const exact = new Map<number, bigint>()
  for (const [index, line] of lines.entries())
    for (const tax of line.taxes)
      exact.set(tax.id, (exact.get(tax.id) ?? 0n) + (unitPrices[index] ?? 0n) * BigInt(line.quantityMilli) * BigInt(tax.rateMicro))
  return [...exact.values()].reduce((sum, amount) => sum + divideHalfEven(amount, 10n ** BigInt(13 - minorDigits)), 0n)
}

/** `totalMinor` is what the receipt says in the end, cash rounding included. */
export const priceSale = (lines: readonly TaxedLine[], taxIncluded: boolean, totalMinor: number, minorDigits: number): PricedSale => {
  const unitPrices = lines.map((line) => unitPriceOf(line, taxIncluded, minorDigits))
  const net = lines.reduce((sum, line, index) => sum + lineAmount(unitPrices[index] ?? 0n, line, minorDigits), 0n)
  const tax = taxAmount(unitPrices, lines, minorDigits)
  return {
    unitPrices: unitPrices.map((price) => decimalText(price, priceDecimals)),
    roundingMinor: totalMinor - Number(net + tax),
    taxMinor: Number(tax),
    totalMinor,
  }
}

/** The most that rounding alone can come to: one minor unit a line, and what four decimals lose over a large quantity. */
export const roundingLimitMinor = (lines: readonly TaxedLine[]): number =>
  lines.reduce((sum, line) => sum + 1 + Math.ceil(Math.abs(line.quantityMilli) / 100_000), 1)
