/** What the parts of one transaction's reading share. */
import type { CaptureHints } from '../captured-item.ts'

export interface TransactionContext {
  /** Names the transaction within its document. */
  where: string
  hints: CaptureHints
  /** The transaction's own text, bounded: only a quarantined one needs it. */
  raw(): string
  /** The standard's major version. */
  version: number
}
