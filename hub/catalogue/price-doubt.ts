/** Whether a price can be meant. Pure. One that can hardly be waits for a person: the ERP's as well as one that is stated here [PRC11]. */
import { amountText } from '../posting/decimal.ts'

/** So many times higher or lower is a decimal point in the wrong place, or a price for the whole case. */
export const defaultJumpFactor = 10

export interface PriceDoubt {
  kind: 'PRICE_NOT_POSITIVE' | 'PRICE_JUMP'
  /** What is odd, as the end of a sentence about the price: "is 0.00 EUR". */
  words: string
}

/** `before`: what it takes the place of; undefined where there was none. A free item may get a price again without a question. */
export const doubtOf = (amountMinor: number, before: number | undefined, currency: string, jumpFactor: number): PriceDoubt | null => {
  if (amountMinor === before) return null
  if (amountMinor <= 0) return { kind: 'PRICE_NOT_POSITIVE', words: `is ${amountText(amountMinor, currency)}` }
  if (before === undefined || before <= 0) return null
  if (amountMinor < before * jumpFactor && amountMinor * jumpFactor > before) return null
  const times =
    amountMinor > before ? `${Math.floor(amountMinor / before)} times higher` : `${Math.floor(before / amountMinor)} times lower`
  return { kind: 'PRICE_JUMP', words: `goes from ${amountText(before, currency)} to ${amountText(amountMinor, currency)}, ${times}` }
}
