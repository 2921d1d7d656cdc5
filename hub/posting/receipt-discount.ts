/**
 * A discount on the whole receipt, spread over its lines: an ERP wants it on goods. Pure, exact to the minor unit.
 *
 * Each line bears a share by its amount; what rounding leaves goes to the largest remainders, earlier lines first. What is taken off is
 * borne by lines that have it to give, so that no line's sign turns: sold lines where the discount lowers what is owed, returned ones
 * where it is given back. Where these are not enough, the others move further from zero; where there are none, nobody can bear it.
 */
export interface SpreadLine {
  amountMinor: number
}

const size = (lines: readonly SpreadLine[]): bigint => lines.reduce((sum, line) => sum + BigInt(Math.abs(line.amountMinor)), 0n)

/** The lines' new amounts, in their order; null when no line can bear the discount. */
export const spreadDiscount = (discountMinor: number, lines: readonly SpreadLine[]): number[] | null => {
  if (discountMinor === 0) return lines.map((line) => line.amountMinor)
  const sign = Math.sign(discountMinor)
  const giving = lines.filter((line) => Math.sign(line.amountMinor) === sign)
  const others = lines.filter((line) => Math.sign(line.amountMinor) === -sign)
  const bearing = size(giving) >= BigInt(Math.abs(discountMinor)) ? giving : others
  if (bearing.length === 0) return null
  const shares = sharesOf(Math.abs(discountMinor), bearing)
  return lines.map((line) => line.amountMinor - sign * (shares.get(line) ?? 0))
}

/** Whole minor units that sum to `amount`, in proportion to the lines' sizes. */
const sharesOf = (amount: number, lines: readonly SpreadLine[]): Map<SpreadLine, number> => {
  const total = size(lines)
  const exact = lines.map((line, index) => {
    const part = BigInt(amount) * BigInt(Math.abs(line.amountMinor))
    return { line, index, share: Number(part / total), remainder: part % total }
  })
  const left = amount - exact.reduce((sum, { share }) => sum + share, 0)
  const byRemainder = exact.toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  return new Map(byRemainder.map(({ line, share }, place) => [line, place < left ? share + 1 : share]))
}
