import type { Transaction } from '#sync/contract/transaction.ts'

/** Rung up but never concluded, or only for practice: no money changed hands. */
export const idleKinds: ReadonlySet<Transaction['kind']> = new Set(['suspended', 'cancelled', 'training'])
