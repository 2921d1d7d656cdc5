/**
 * What a record does to the stock of its store: a sold line lowers it, a returned one (negative quantity) raises it, a document does as its
 * kind says. Which item a line is, is decided by identity/resolve.ts alone; a line whose item is neither in catalogue nor mapping waits.
 */
import type { StockDocument } from '#sync/contract/stock-document.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { type Identities, resolveLine } from '../identity/resolve.ts'
import { scaleDifference } from '../identity/scale-check.ts'

export const movementKinds = [
  'sale',
  'return',
  'post-void',
  'count',
  'adjustment',
  'transfer-out',
  'transfer-in',
  'receipt',
  'erp-correction',
  'return-held',
] as const
export type MovementKind = (typeof movementKinds)[number]

/**
 * `quantityMilli` of a count is what is there; of all others what is added. `return-held` takes off again what of a return goes beyond its
 * sale: it stands under the line's number with a minus.
 */
export interface Movement {
  lineNumber: number
  itemId: string
  kind: MovementKind
  quantityMilli: number
}

/** Goods moved; which article's stock they are is not known yet. */
export interface WaitingLine extends Omit<Movement, 'itemId' | 'kind'> {
  identifier: string
  itemId: string | undefined
  barcode: string | undefined
  description: string
  amountMinor: number
}

/** A barcode holds another weight or price than the line. */
export interface ScaleFlag {
  lineNumber: number
  itemId: string | undefined
  message: string
  amountMinor: number
}

export interface StockEffects {
  movements: Movement[]
  waiting: WaitingLine[]
  flags: ScaleFlag[]
}

/** A customer order is a promise: its goods move with the sale that hands them over. */
const settledKinds: ReadonlySet<string> = new Set<Transaction['kind']>(['sale', 'return', 'exchange', 'post-void'])

/** Goods went one way and money the other. */
export const isSettled = (kind: string): boolean => settledKinds.has(kind)

export const movesGoods = (transaction: Transaction): boolean => isSettled(transaction.kind)

const kindOfLine = (transaction: Transaction, quantityMilli: number): MovementKind => {
  if (transaction.kind === 'post-void') return 'post-void'
  return quantityMilli > 0 ? 'return' : 'sale'
}

/** Voided lines count for nothing. */
export const stockEffects = (transaction: Transaction, identities: Identities): StockEffects => {
  const effects: StockEffects = { movements: [], waiting: [], flags: [] }
  if (!movesGoods(transaction)) return effects
  for (const line of transaction.lineItems) {
    if (line.voided) continue
    const { lineNumber, description, amountMinor, itemId: given, barcode } = line
    const quantityMilli = 0 - line.quantityMilli
    const { itemId, identifier, scale } = resolveLine({ ...line, storeId: transaction.storeId }, identities)
    if (itemId === undefined)
      effects.waiting.push({ lineNumber, identifier, itemId: given, barcode, description, quantityMilli, amountMinor })
    else effects.movements.push({ lineNumber, itemId, kind: kindOfLine(transaction, quantityMilli), quantityMilli })
    const message = scale && scaleDifference(scale, line)
    if (message !== undefined) effects.flags.push({ lineNumber, itemId, message, amountMinor })
  }
  return effects
}

export const documentEffects = (document: StockDocument, identities: Identities): StockEffects => {
  const effects: StockEffects = { movements: [], waiting: [], flags: [] }
  const { storeId, documentKind: kind } = document
  for (const { lineNumber, itemId: given, barcode, description = '', quantityMilli: stated } of document.lines) {
    const quantityMilli = kind === 'transfer-out' ? 0 - stated : stated
    const { itemId, identifier } = resolveLine({ storeId, itemId: given, barcode, description }, identities)
    if (itemId === undefined)
      effects.waiting.push({ lineNumber, identifier, itemId: given, barcode, description, quantityMilli, amountMinor: 0 })
    else effects.movements.push({ lineNumber, itemId, kind, quantityMilli })
  }
  return effects
}
