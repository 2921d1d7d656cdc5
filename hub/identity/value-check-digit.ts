/** The check digit that guards a weight or price of four or five digits within a barcode (GS1 General Specifications, 7.9.3). Pure. */
type Weighting = readonly number[]

/** Products by digit: the factor's tens are taken from (−) or added to (+) its units. */
const twoMinus: Weighting = [0, 2, 4, 6, 8, 9, 1, 3, 5, 7]
const three: Weighting = [0, 3, 6, 9, 2, 5, 8, 1, 4, 7]
const fiveMinus: Weighting = [0, 5, 9, 4, 8, 3, 7, 2, 6, 1]
const fivePlus: Weighting = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]

const sumOf = (digits: string, weightings: readonly Weighting[]): number =>
  weightings.reduce((sum, weighting, at) => sum + (weighting[Number(digits[at])] ?? 0), 0)

export const valueCheckDigit = (digits: string): number =>
  digits.length === 4
    ? (sumOf(digits, [twoMinus, twoMinus, three, fiveMinus]) * 3) % 10
    : fiveMinus.indexOf((10 - (sumOf(digits, [fivePlus, twoMinus, fiveMinus, fivePlus, twoMinus]) % 10)) % 10)
