/**
 * A projection: what the log amounts to, for one purpose. It can be dropped and rebuilt to the same result [HUB2], so `apply`
 * must not depend on how streams interleave. What cannot be taken back (a posting, a person's decision) is kept by `reset`.
 */
import type { Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import type { LogRecord } from './log-record.ts'

export interface Projection {
  readonly name: string
  /**
   * Takes records of one stream, in order, within the transaction that also moves the position [HUB3]. One that it has taken before
   * changes nothing: a record that was removed from the log and filled in again counted all the while.
   */
  apply(trx: Transaction<Tables>, records: readonly LogRecord[]): Promise<void>
  reset(trx: Transaction<Tables>): Promise<void>
}
