/** Prices and assortment entries as lines of an import, from CSV or JSON, each read or refused by itself. And what contradicts itself. Pure. */
import { z } from 'zod'
import { amountMinorSchema, currencySchema, instantSchema, itemIdSchema } from '#sync/contract/vocabulary.ts'
import { readTable, type Table } from '../csv-table.ts'
import { toMinor } from '../posting/decimal.ts'
import type { ListingStatement } from './assortments.ts'
import { listingLevels } from './listing.ts'
import type { PriceStatement } from './state-price.ts'

export const importKinds = ['prices', 'assortments'] as const
export type ImportKind = (typeof importKinds)[number]
export interface Statements {
  prices: PriceStatement
  assortments: ListingStatement
}
export type ImportLine<K extends ImportKind> = { line: number; statement: Statements[K] } | { line: number; refused: string }
export type ReadImport<K extends ImportKind> = { outcome: 'lines'; lines: ImportLine<K>[] } | { outcome: 'refused'; reason: string }

const id = z.string().min(1).max(128)
const place = z.string().min(1).max(32)

export const priceLineSchema = z.strictObject({
  ...{ priceId: id, level: z.enum(['zone', 'store']), place, itemId: itemIdSchema, amountMinor: amountMinorSchema.min(0) },
  ...{ currency: currencySchema, effectiveFrom: instantSchema, effectiveTo: instantSchema.optional() },
})
export const listingLineSchema = z.strictObject({
  ...{ entryId: id, level: z.enum(listingLevels), place, itemId: itemIdSchema, listedFrom: instantSchema },
  listedTo: instantSchema.optional(),
})
const schemas: { [K in ImportKind]: z.ZodType<Statements[K]> } = { prices: priceLineSchema, assortments: listingLineSchema }

export const readImportJson = <K extends ImportKind>(kind: K, rows: readonly unknown[]): ReadImport<K> => ({
  outcome: 'lines',
  lines: rows.map((row, index) => lineOf(kind, index + 1, row)),
})

export const readImportCsv = <K extends ImportKind>(kind: K, text: string): ReadImport<K> => {
  const read = kind === 'prices' ? readTable(text, priceTable) : readTable(text, listingTable)
  if (read.outcome === 'refused') return read
  return { outcome: 'lines', lines: read.rows.map((row) => ('refused' in row ? row : lineOf(kind, row.line, row.row))) }
}

const lineOf = <K extends ImportKind>(kind: K, line: number, row: unknown): ImportLine<K> => {
  const parsed = schemas[kind].safeParse(row)
  if (parsed.success) return { line, statement: parsed.data }
  const words = parsed.error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}.`)
  return { line, refused: words.join(' ') }
}

type Fields = Record<string, unknown>

const priceColumns = ['price_id', 'level', 'place', 'item_id', 'amount', 'currency', 'effective_from', 'effective_to'] as const
const priceTable: Table<(typeof priceColumns)[number], Fields> = {
  columns: priceColumns,
  optional: ['effective_to'],
  read: (cellOf) => {
    const [amount, currency] = [cellOf('amount'), cellOf('currency')]
    const isCurrency = currencySchema.safeParse(currency).success
    const amountMinor = isCurrency ? toMinor(amount, currency) : null
    if (isCurrency && amountMinor === null) return { refused: `“${amount}” is no amount of ${currency}: write it as 12.50.` }
    const row = {
      ...{ priceId: cellOf('price_id'), level: cellOf('level'), place: cellOf('place'), itemId: cellOf('item_id') },
      ...{ amountMinor: amountMinor ?? 0, currency, effectiveFrom: momentOf(cellOf('effective_from')) },
      effectiveTo: momentOf(cellOf('effective_to')) || undefined,
    }
    return { row }
  },
}

const listingColumns = ['entry_id', 'level', 'place', 'item_id', 'listed_from', 'listed_to'] as const
const listingTable: Table<(typeof listingColumns)[number], Fields> = {
  columns: listingColumns,
  optional: ['listed_to'],
  read: (cellOf) => ({
    row: {
      ...{ entryId: cellOf('entry_id'), level: cellOf('level'), place: cellOf('place'), itemId: cellOf('item_id') },
      ...{ listedFrom: momentOf(cellOf('listed_from')), listedTo: momentOf(cellOf('listed_to')) || undefined },
    },
  }),
}

/** A spreadsheet leaves seconds and their thousandths out. What is no moment stays, and is refused by its name. */
const momentOf = (text: string): string => {
  const [, minute, second = ':00', thousandths = '.000'] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d{3})?Z$/.exec(text) ?? []
  return minute === undefined ? text : `${minute}${second}${thousandths}`.concat('Z')
}

/** Lines that say two things of one: all of them are refused, whichever came first. */
export const contradictions = <K extends ImportKind>(lines: readonly ImportLine<K>[]): Map<number, string> => {
  const reasons = new Map<number, string>()
  const firstById = new Map<string, { line: number; text: string }>()
  const firstByMoment = new Map<string, { line: number; priceId: string }>()
  const refuse = (first: number, second: number, reason: string): void => void reasons.set(first, reason).set(second, reason)
  for (const each of lines) {
    if ('refused' in each) continue
    const { line, statement } = each
    const ownId = 'priceId' in statement ? statement.priceId : statement.entryId
    const text = JSON.stringify(statement)
    const same = firstById.get(ownId)
    if (!same) firstById.set(ownId, { line, text })
    else if (same.text !== text) refuse(same.line, line, `“${ownId}” says one thing in line ${same.line} and another in line ${line}.`)
    if (!('priceId' in statement)) continue
    const moment = JSON.stringify([statement.level, statement.place, statement.itemId, statement.effectiveFrom])
    const other = firstByMoment.get(moment)
    if (!other) firstByMoment.set(moment, { line, priceId: ownId })
    else if (other.priceId !== ownId)
      refuse(
        other.line,
        line,
        `Lines ${other.line} and ${line} both begin at the same moment for ${statement.itemId}: two prices in force at once.`,
      )
  }
  return reasons
}
