/** The hub's own words where tills and channels each have theirs. A mapping brings theirs to these; what is not mapped is shown as it is. */
import { tenderKinds } from '#sync/contract/transaction.ts'

export const returnReasons = [
  'damaged',
  'defective',
  'wrong-item',
  'not-as-described',
  'no-longer-wanted',
  'price-error',
  'expired',
  'recall',
  'other',
] as const

export const orderStates = ['allocated', 'released', 'shipped', 'collected', 'returned', 'refunded'] as const

export const canonicalWords = { tender: tenderKinds, 'return-reason': returnReasons, 'order-state': orderStates } as const

export type WordList = keyof typeof canonicalWords
export const isWordList = (list: string): list is WordList => Object.hasOwn(canonicalWords, list)
