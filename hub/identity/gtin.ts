/**
 * GTIN-8, -12, -13 and -14 as one number of 14 digits with its check digit verified [IDN1]. Shorter ones are the longer ones with leading
 * zeros left out, so each article has one normal form and a few spellings. Pure.
 */
export type GtinReading = { outcome: 'gtin'; gtin: string } | { outcome: 'refused'; reason: string }

const lengths: ReadonlySet<number> = new Set([8, 12, 13, 14])

/** The digit that GS1 puts behind these: weights 3 and 1, beginning with 3 at the right. */
export const checkDigitOf = (body: string): number => {
  let sum = 0
  for (let place = 0; place < body.length; place += 1) sum += Number(body[body.length - 1 - place]) * (place % 2 === 0 ? 3 : 1)
  return (10 - (sum % 10)) % 10
}

export const hasCheckDigit = (digits: string): boolean => checkDigitOf(digits.slice(0, -1)) === Number(digits.at(-1))

export const readGtin = (text: string): GtinReading => {
  if (!/^\d+$/.test(text)) return { outcome: 'refused', reason: `“${text}” has other characters than digits` }
  if (!lengths.has(text.length)) return { outcome: 'refused', reason: `“${text}” has ${text.length} digits; a GTIN has 8, 12, 13 or 14` }
  if (!hasCheckDigit(text))
    return {
      outcome: 'refused',
      reason: `the check digit of “${text}” is wrong: it ends in ${text.at(-1)}, it should end in ${checkDigitOf(text.slice(0, -1))}`,
    }
  if (/^0+$/.test(text)) return { outcome: 'refused', reason: 'a GTIN of zeros is no article' }
  return { outcome: 'gtin', gtin: text.padStart(14, '0') }
}

/** Every way in which a till or a master may write this GTIN of 14 digits. */
export const gtinSpellings = (gtin: string): string[] =>
  [14, 13, 12, 8].filter((length) => /^0*$/.test(gtin.slice(0, 14 - length))).map((length) => gtin.slice(14 - length))

/** In-store numbers: 02 and 20 to 29 of 13 digits, 0 and 2 of 8. They name an article within one retailer, and may hold a weight or a price. */
export const isRestricted = (gtin: string): boolean => (gtin.startsWith('000000') ? /^000000[02]/.test(gtin) : /^0(02|2)/.test(gtin))
