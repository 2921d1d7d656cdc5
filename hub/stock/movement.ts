/** What a transaction does to the stock of its store: a sold line lowers it, a returned one (negative quantity) raises it. */
import type { Transaction } from '#sync/contract/transaction.ts'
import { type Identities, resolveLine } from '../identity/resolve.ts'
import { scaleDifference } from '../identity/scale-check.ts'

export interface Movement {
  lineNumber: number
  itemId: string
  quantityMilli: number
}

/** Goods left the store; which article's stock they were is not known yet. */
export interface WaitingLine extends Omit<Movement, 'itemId'> {
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

/** A customer order is a promise: its goods move with the sale that hands them over. */
const settledKinds: ReadonlySet<string> = new Set<Transaction['kind']>(['sale', 'return', 'exchange', 'post-void'])

/** Goods went one way and money the other. */
export const isSettled = (kind: string): boolean => settledKinds.has(kind)

export const movesGoods = (transaction: Transaction): boolean => isSettled(transaction.kind)

/** Voided lines count for nothing. A line whose item is neither in catalogue nor mapping waits. */
export const stockEffects = (
  transaction: Transaction,
  identities: Identities,
): { movements: Movement[]; waiting: WaitingLine[]; flags: ScaleFlag[] } => {
  const movements: Movement[] = []
  const waiting: WaitingLine[] = []
  const flags: ScaleFlag[] = []
  if (!movesGoods(transaction)) return { movements, waiting, flags }
  for (const line of transaction.lineItems) {
    if (line.voided) continue
    const { lineNumber, description, amountMinor, itemId: given, barcode } = line
    const quantityMilli = 0 - line.quantityMilli
    const { itemId, identifier, scale } = resolveLine({ ...line, storeId: transaction.storeId }, identities)
    if (itemId !== undefined) movements.push({ lineNumber, itemId, quantityMilli })
    else waiting.push({ lineNumber, identifier, itemId: given, barcode, description, quantityMilli, amountMinor })
    const message = scale && scaleDifference(scale, line)
    if (message !== undefined) flags.push({ lineNumber, itemId, message, amountMinor })
  }
  return { movements, waiting, flags }
}
