/** Rows of the transactions table, worded and filtered; the order is the view's own until a column is sorted. */
import type { ManagerView } from '#sync/contract/ipc.ts'
import { wordReason, type WordedReason } from './error-words.ts'
import { messages } from './messages.ts'
import { formatMoney } from './money.ts'
import { formatTillTime } from './times.ts'

type ViewTransaction = ManagerView['transactions'][number]
export type TransactionState = ViewTransaction['state']
export type TransactionFilter = 'all' | 'waiting' | 'attention'

export interface TransactionRow {
  id: string
  time: string
  till: string
  number: number
  kind: string
  amount: string
  amountMinor: number
  state: TransactionState
  stateWords: string
  reason?: WordedReason
}

const kindWords: Record<string, string> = messages.kinds

export const toTransactionRow = (t: ViewTransaction, timeZone: string): TransactionRow => ({
  id: t.recordId,
  time: formatTillTime(t.endedAt, timeZone),
  till: t.workstationId,
  number: t.sequenceNumber,
  kind: kindWords[t.kind] ?? t.kind,
  amount: formatMoney(t.grandMinor, t.currency),
  amountMinor: t.grandMinor,
  state: t.state,
  stateWords: messages.states[t.state],
  ...(t.reason ? { reason: wordReason(t.reason) } : {}),
})

const passes: Record<TransactionFilter, (state: TransactionState) => boolean> = {
  all: () => true,
  waiting: (state) => state === 'captured',
  attention: (state) => state === 'held',
}

export const filterRows = (rows: readonly TransactionRow[], filter: TransactionFilter): TransactionRow[] =>
  rows.filter((row) => passes[filter](row.state))
