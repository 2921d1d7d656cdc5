/** Price look-up codes of produce [IDN1]: four digits from 3000 to 4999, or the same behind an 8 or a 9 (another article). Pure. */
export type PluReading = { outcome: 'plu'; plu: string } | { outcome: 'refused'; reason: string }

/** Normal form: five digits. 4011 and 04011 are one article, 94011 is another. */
export const readPlu = (text: string): PluReading =>
  /^0?[34]\d{3}$|^[89][34]\d{3}$/.test(text)
    ? { outcome: 'plu', plu: text.padStart(5, '0') }
    : { outcome: 'refused', reason: `“${text}” is no PLU code: 3000 to 4999, or the same behind an 8 or a 9` }

export const pluSpellings = (plu: string): string[] => (plu.startsWith('0') ? [plu, plu.slice(1)] : [plu])
