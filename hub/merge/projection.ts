/**
 * A projection: what the log amounts to, for one purpose. It can be dropped and rebuilt to the same result [HUB2], so `apply`
 * must not depend on how streams interleave. What cannot be taken back (a posting, a person's decision) is kept by `reset`.
 */
import type { Transaction } from 'kysely'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Tables } from '../storage/tables.ts'
import type { LogRecord } from './log-record.ts'

export interface Projection {
  readonly name: string
  /** The tables that are its alone, each with what its rows are to a person: a rebuild makes them anew [MRG20]. */
  readonly tables: Partial<Readonly<Record<keyof Tables, string>>>
  /** The kinds of records that it is shown; absent: all. */
  readonly heeds?: readonly TidelineRecord['kind'][]
  /** It fills the ERP's outbox: a rebuild adds postings that are missing there, and takes none back. */
  readonly fillsOutbox?: true
  /** Exceptions whose id begins with one of these are as it says, open or ended; all others it raises once, and never again. */
  readonly settles?: readonly string[]
  /** `apply` takes records of several streams and stores at once as well, each stream's in order. */
  readonly mixesStreams?: true
  /** Somebody waits for its effect within a fraction of a second; the others leave it the way. */
  readonly isUrgent?: true
  /**
   * Takes records of one stream, in order, within the transaction that also moves the position [HUB3]. One that it has taken before
   * changes nothing: a record that was removed from the log and filled in again counted all the while.
   */
  apply(trx: Transaction<Tables>, records: readonly LogRecord[]): Promise<void>
  reset(trx: Transaction<Tables>): Promise<void>
  /** Brings in what reached it beside the streams; what it has already changes nothing. */
  catchUp?(trx: Transaction<Tables>): Promise<void>
}

/** The records that the projection is shown. */
export const heededOf = ({ heeds }: Projection, records: readonly LogRecord[]): LogRecord[] =>
  records.filter(({ kind }) => heeds?.some((each) => each === kind) ?? true)
