/**
 * A commit that does not wait for the disk, for what need not outlive a crash of the database. Transactions that notify commit one after
 * the other, so that each wait for the disk would be everyone's. Belongs into a statement that is a transaction by itself; what it
 * commits is seen by others as always.
 */
import { sql } from 'kysely'

export const hurriedCommit = sql`select set_config('synchronous_commit', 'off', true)`
