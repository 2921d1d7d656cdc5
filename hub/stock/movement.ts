/** What a transaction does to the stock of its store: a sold line lowers it, a returned one (negative quantity) raises it. */
import type { Transaction } from '#sync/contract/transaction.ts'

export interface Movement {
  lineNumber: number
  itemId: string
  quantityMilli: number
}

export interface UnknownItem {
  lineNumber: number
  itemId: string
  description: string
  amountMinor: number
}

/** The catalogue, as far as these lines need it. */
export interface KnownItems {
  itemIds: ReadonlySet<string>
  itemIdByBarcode: ReadonlyMap<string, string>
}

/** A customer order is a promise: its goods move with the sale that hands them over. */
const settledKinds: ReadonlySet<string> = new Set<Transaction['kind']>(['sale', 'return', 'exchange', 'post-void'])

/** Goods went one way and money the other. */
export const isSettled = (kind: string): boolean => settledKinds.has(kind)

export const movesGoods = (transaction: Transaction): boolean => isSettled(transaction.kind)

/**
 * Voided lines count for nothing. A line whose item is not in the catalogue moves stock all the same, under the number or
 * barcode that the till gave, and is reported: goods left the store, whatever the catalogue says.
 */
export const stockEffects = (transaction: Transaction, known: KnownItems): { movements: Movement[]; unknown: UnknownItem[] } => {
  const movements: Movement[] = []
  const unknown: UnknownItem[] = []
  if (!movesGoods(transaction)) return { movements, unknown }
  for (const line of transaction.lineItems) {
    if (line.voided) continue
    const byBarcode = line.barcode === undefined ? undefined : known.itemIdByBarcode.get(line.barcode)
    const named = line.itemId !== undefined && known.itemIds.has(line.itemId) ? line.itemId : byBarcode
    const itemId = named ?? line.itemId ?? (line.barcode === undefined ? null : `barcode:${line.barcode}`)
    const { lineNumber, description, amountMinor, quantityMilli } = line
    if (itemId !== null) movements.push({ lineNumber, itemId, quantityMilli: 0 - quantityMilli })
    if (named === undefined) unknown.push({ lineNumber, itemId: itemId ?? '', description, amountMinor })
  }
  return { movements, unknown }
}
