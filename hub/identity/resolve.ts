/**
 * Which item a till's line is [IDN6]: its store's words before everybody's, the mapping before the catalogue, the item's number before
 * the barcode, and where neither is given, what the line is called. Pure.
 */
import { must } from '#sync/contract/assert.ts'
import { type BarcodeReading, readBarcode } from './barcode.ts'
import type { ScalePattern, ScaleReading } from './scale-pattern.ts'

export interface TillLine {
  storeId: string
  itemId?: string | undefined
  barcode?: string | undefined
  description: string
}

/** Mapping and catalogue, as far as some lines need them. */
export interface Identities {
  itemIds: ReadonlySet<string>
  itemIdByBarcode: ReadonlyMap<string, string>
  /** By aliasKey. */
  aliases: ReadonlyMap<string, string>
  /** `storeId` is empty for those of all stores. */
  layouts: readonly { storeId: string; pattern: ScalePattern }[]
}

export interface Resolved {
  itemId: string | undefined
  /** By a mapping, or a scale's barcode: what the catalogue's owner, the ERP, may not know by itself. */
  isMapped: boolean
  /** What a person maps when the item is unknown: a key of mapping-entry.ts. */
  identifier: string
  scale: ScaleReading | undefined
}

export const aliasKey = (storeId: string, key: string): string => JSON.stringify([storeId, key])

/** A layout of the store's own hides everybody's with the same prefix. */
export const patternsOf = (storeId: string, layouts: Identities['layouts']): ScalePattern[] => {
  const byPrefix = new Map(layouts.filter((each) => each.storeId === '').map(({ pattern }) => [pattern.prefix, pattern]))
  for (const { storeId: at, pattern } of layouts) if (at === storeId) byPrefix.set(pattern.prefix, pattern)
  return [...byPrefix.values()]
}

export const readLine = (line: TillLine, layouts: Identities['layouts']): { keys: string[]; barcode: BarcodeReading | undefined } => {
  const barcode = line.barcode === undefined ? undefined : readBarcode(line.barcode, patternsOf(line.storeId, layouts))
  const keys = [...(line.itemId === undefined ? [] : [`sku:${line.itemId}`]), ...(barcode?.keys ?? [])]
  return { keys: keys.length > 0 ? keys : [`text:${line.description.trim()}`], barcode }
}

export const resolveLine = (line: TillLine, { itemIds, itemIdByBarcode, aliases, layouts }: Identities): Resolved => {
  const { keys, barcode } = readLine(line, layouts)
  const byAlias = (key: string): string | undefined => aliases.get(aliasKey(line.storeId, key)) ?? aliases.get(aliasKey('', key))
  const firstOf = (candidates: readonly (string | undefined)[]): string | undefined => candidates.find((each) => each !== undefined)
  const number = line.itemId
  const mappedNumber = number === undefined ? undefined : byAlias(`sku:${number}`)
  const listedNumber = number !== undefined && itemIds.has(number) ? number : undefined
  const mapped = mappedNumber ?? (listedNumber === undefined ? firstOf(keys.map(byAlias)) : undefined)
  const itemId = mapped ?? listedNumber ?? firstOf((barcode?.spellings ?? []).map((spelling) => itemIdByBarcode.get(spelling)))
  const isMapped = mapped !== undefined || (listedNumber === undefined && itemId !== undefined && barcode?.scale !== undefined)
  return { itemId, isMapped, identifier: must(keys[0], 'every line is called something'), scale: barcode?.scale }
}
