/**
 * Do two transactions of one number say the same business? Goods and money must agree: kind, currency, lines, tenders, taxes, totals.
 * Descriptions, operators, times, extensions and the order of lines may differ between a till's dialects, and so may the way change is
 * written: tenders are compared by what each kind came to. An item that one knows by number and the other by barcode is no difference.
 */
import { minorDigits } from '#sync/capture/currency.ts'
import { decimalFromInteger } from '#sync/capture/decimal.ts'
import type { LineItem, Transaction } from '#sync/contract/transaction.ts'

/** In words, for a store manager. */
export interface BusinessDifference {
  what: string
  first: string
  second: string
}

export const sameBusiness = (first: Transaction, second: Transaction): BusinessDifference[] => {
  const money = moneyIn(first.currency)
  const header = [difference('the kind', first.kind, second.kind), difference('the currency', first.currency, second.currency)]
  return [
    ...header.flat(),
    ...lineDifferences(first, second),
    ...sumDifferences(
      'paid by',
      sumsOf(
        first.tenders.filter((t) => !t.voided),
        (t) => [t.kind, t.amountMinor],
      ),
      sumsOf(
        second.tenders.filter((t) => !t.voided),
        (t) => [t.kind, t.amountMinor],
      ),
      money,
    ),
    ...sumDifferences(
      'tax',
      sumsOf(first.taxes, (t) => [t.code, t.taxMinor]),
      sumsOf(second.taxes, (t) => [t.code, t.taxMinor]),
      money,
    ),
    ...sumDifferences('', totalsOf(first), totalsOf(second), money),
  ]
}

const moneyIn =
  (currency: Transaction['currency']) =>
  (minor: number): string =>
    `${decimalFromInteger(minor, minorDigits(currency))} ${currency}`

const difference = (what: string, first: string, second: string): BusinessDifference[] =>
  first === second ? [] : [{ what, first, second }]

const totalsOf = ({ totals, discounts = [] }: Transaction): Map<string, number> =>
  new Map([
    ['the net total', totals.netMinor],
    ['the tax total', totals.taxMinor],
    ['the total', totals.grandMinor],
    ['the rounding', totals.roundingMinor ?? 0],
    ['the receipt’s discounts', discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0)],
  ])

const sumsOf = <T>(list: readonly T[], read: (one: T) => [name: string, minor: number]): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const [name, minor] of list.map(read)) sums.set(name, (sums.get(name) ?? 0) + minor)
  return sums
}

const sumDifferences = (
  what: string,
  first: Map<string, number>,
  second: Map<string, number>,
  money: (minor: number) => string,
): BusinessDifference[] =>
  [...new Set([...first.keys(), ...second.keys()])].flatMap((name) =>
    difference(`${what} ${name}`.trim(), money(first.get(name) ?? 0), money(second.get(name) ?? 0)),
  )

const lineDifferences = (first: Transaction, second: Transaction): BusinessDifference[] => {
  const [a, b] = [first.lineItems, second.lineItems]
  if (a.length === b.length && a.every((line, at) => fits(line, b[at]))) return []
  const left = [...b]
  const unmatched = a
    .toSorted((x, y) => known(y) - known(x))
    .filter((line) => {
      const at = left.findIndex((other) => fits(line, other))
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
  const count = Math.max(unmatched.length, left.length)
  return Array.from({ length: count }, (_, at) => ({
    what: 'a line',
    first: lineWords(unmatched[at], first),
    second: lineWords(left[at], second),
  }))
}

const known = ({ itemId, barcode }: LineItem): number => Number(itemId !== undefined) + Number(barcode !== undefined)

const agree = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b

const fits = (a: LineItem, b: LineItem | undefined): boolean =>
  b !== undefined &&
  a.kind === b.kind &&
  a.voided === b.voided &&
  a.quantityMilli === b.quantityMilli &&
  a.amountMinor === b.amountMinor &&
  agree(a.itemId, b.itemId) &&
  agree(a.barcode, b.barcode)

const lineWords = (line: LineItem | undefined, { currency }: Transaction): string => {
  if (!line) return 'none'
  const quantity = decimalFromInteger(line.quantityMilli, 3).replace(/\.?0+$/, '')
  const item = line.itemId ?? line.barcode ?? line.description.slice(0, 40)
  return `${line.voided ? 'voided ' : ''}${quantity} × ${item} for ${moneyIn(currency)(line.amountMinor)}`
}
