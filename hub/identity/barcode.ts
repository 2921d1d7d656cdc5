/**
 * What a till scanned, as keys that are the same however it is spelt [IDN1], the most telling first; and the spellings under which a
 * master may list it. A number that is none of these is itself. Pure.
 */
import { gtinSpellings, readGtin } from './gtin.ts'
import { pluSpellings, readPlu } from './plu.ts'
import { readScaleBarcode, type ScalePattern, type ScaleReading } from './scale-pattern.ts'

export interface BarcodeReading {
  keys: string[]
  spellings: string[]
  scale: ScaleReading | undefined
}

const plainReading = (text: string): Omit<BarcodeReading, 'scale'> => {
  const gtin = readGtin(text)
  if (gtin.outcome === 'gtin') return { keys: [`gtin:${gtin.gtin}`], spellings: gtinSpellings(gtin.gtin) }
  const plu = readPlu(text)
  if (plu.outcome === 'plu') return { keys: [`plu:${plu.plu}`], spellings: pluSpellings(plu.plu) }
  return { keys: [`code:${text}`], spellings: [text] }
}

export const readBarcode = (text: string, patterns: readonly ScalePattern[]): BarcodeReading => {
  const plain = plainReading(text)
  const scale = readScaleBarcode(text, patterns)
  if (!scale) return { ...plain, scale }
  const listed = plainReading(scale.listedAs)
  return { keys: [`scale:${scale.article}`, ...plain.keys], spellings: [...new Set([...plain.spellings, ...listed.spellings])], scale }
}
