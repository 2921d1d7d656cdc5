/**
 * What the tills know, against what the journal holds. A sale is offered before it is sent, answered at most once, and from then on
 * must be in the journal exactly once, with the content it was offered with. Counts sales, not findings.
 */
import { sha256 } from '#main/journal/sha256.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, naturalKeyOf, type Transaction, transactionSchema } from '#sync/contract/transaction.ts'

export interface Losses {
  lost: number
  doubled: number
  altered: number
  /** One line each, at most twenty. */
  findings: string[]
}

export interface SalesLedger {
  offer(transaction: Transaction): void
  /** The till may print: over HTTP an answer, for a file its leaving the folder. */
  answer(transaction: Transaction): void
  /** Sets one record of the journal against its sale. */
  see(record: TidelineRecord): void
  sees(transaction: Transaction): boolean
  /** How many have been answered so far: what `settle` then looks for. */
  answered(): number
  /** Every one of the first `count` answered sales must have been seen. */
  settle(count: number): void
  losses(): Losses
  /** The same sales, and nothing seen yet: for reading the whole journal once more. */
  unseen(): SalesLedger
}

const contentOf = (transaction: Transaction): string => sha256(canonicalText(transaction))

const createLedger = (offered: Map<string, string>, answeredKeys: string[]): SalesLedger => {
  const seen = new Set<string>()
  const troubled = { lost: new Set<string>(), doubled: new Set<string>(), altered: new Set<string>() }
  const findings: string[] = []
  let settled = 0

  const find = (kind: keyof typeof troubled, key: string, words: string): void => {
    troubled[kind].add(key)
    if (findings.length < 20) findings.push(`${key} ${words}`)
  }

  const see = (record: TidelineRecord): void => {
    if (record.kind === 'conflict' || record.kind === 'quarantine')
      return find('altered', `record ${record.seq}`, `is a ${record.kind}: ${record.payload.slice(0, 300)}`)
    if (record.kind !== 'transaction') return
    const transaction = transactionSchema.parse(JSON.parse(record.payload))
    const key = naturalKeyOf(transaction)
    if (seen.has(key)) find('doubled', key, `is in the journal again as record ${record.seq}`)
    seen.add(key)
    if (offered.get(key) !== contentOf(transaction)) find('altered', key, `is not as its till sent it, as record ${record.seq}`)
  }

  const settle = (count: number): void => {
    for (; settled < count; settled += 1) {
      const key = answeredKeys[settled] ?? ''
      if (!seen.has(key)) find('lost', key, 'was answered and is not in the journal')
    }
  }

  return {
    offer: (transaction) => void offered.set(naturalKeyOf(transaction), contentOf(transaction)),
    answer: (transaction) => void answeredKeys.push(naturalKeyOf(transaction)),
    see,
    sees: (transaction) => seen.has(naturalKeyOf(transaction)),
    answered: () => answeredKeys.length,
    settle,
    losses: () => ({ lost: troubled.lost.size, doubled: troubled.doubled.size, altered: troubled.altered.size, findings }),
    unseen: () => createLedger(offered, answeredKeys),
  }
}

export const createSalesLedger = (): SalesLedger => createLedger(new Map(), [])
