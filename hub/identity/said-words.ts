/**
 * The words that tills say in transactions, as sums that do not depend on the order. A return's reason is the till's `reason`; what else a
 * till says in words of its own stands in its extensions under the list's name. Pure.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { idleKinds } from '../merge/idle-kinds.ts'
import { statesWhole } from '../tax/statement.ts'
import { normalWord, type SpokenList } from './canonical-words.ts'

export interface SaidWord {
  list: SpokenList
  word: string
  /** What it was said of: goods given back, tender, tax, or the order. */
  amountMinor: number
}

/** Longer ones are texts, not words. */
const longestWord = 100

export const wordsOf = (t: Transaction): SaidWord[] => {
  if (idleKinds.has(t.kind)) return []
  const returned = t.lineItems.filter((line) => !line.voided && line.kind === 'return').reduce((sum, line) => sum + line.amountMinor, 0)
  const reason = t.extensions?.['return-reason'] ?? (t.kind === 'return' || t.kind === 'exchange' ? t.reason : undefined)
  const said: [SpokenList, string | undefined, number][] = [
    ['return-reason', reason, returned],
    ['order-state', t.extensions?.['order-state'], t.totals.grandMinor],
    ...t.tenders.flatMap((tender): [SpokenList, string, number][] => (tender.voided ? [] : [['tender', tender.kind, tender.amountMinor]])),
    ...t.taxes.flatMap((tax): [SpokenList, string, number][] => (statesWhole(tax) ? [] : [['tax', tax.code, tax.taxMinor]])),
  ]
  return said.flatMap(([list, text, amountMinor]) => {
    const word = text === undefined ? '' : normalWord(text)
    return word === '' || word.length > longestWord ? [] : [{ list, word, amountMinor }]
  })
}
