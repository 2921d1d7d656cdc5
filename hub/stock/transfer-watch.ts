/** Holds the exceptions about transfers against the ledger as it is now, again and again: raised when they are due, ended when they are over. */
import type { Clock } from '#sync/core/ports.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { shareProjection } from '../merge/advance.ts'
import type { Database } from '../storage/database.ts'
import { systemClock } from '../system-clock.ts'
import { startWatch, type Watch } from '../watch.ts'
import { transferExceptions } from './transfer-exceptions.ts'
import { readUneven } from './transfers.ts'

/** One process at a time. Not while the ledger is rebuilt: half of it would tell of goods that never arrived. */
export const settleTransfers = (db: Database, nowMs: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await shareProjection(trx, 'stock')
    await sql`select pg_advisory_xact_lock(hashtextextended('tideline stock transfers', 0))`.execute(trx)
    const due = transferExceptions(await readUneven(trx), nowMs)
    const open = await trx
      .selectFrom('exception')
      .select(['exception_id', 'message'])
      .where('kind', 'in', ['TRANSFER_NOT_RECEIVED', 'TRANSFER_DIFFERS'])
      .where('state', '=', 'open')
      .execute()
    const told = new Map(open.map((row) => [row.exception_id, row.message]))
    await reportExceptions(
      trx,
      due.filter(({ exceptionId, message }) => told.get(exceptionId) !== message),
    )
    const dueIds = new Set(due.map(({ exceptionId }) => exceptionId))
    await resolveExceptions(
      trx,
      [...told.keys()].filter((id) => !dueIds.has(id)),
    )
  })

export interface TransferWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startTransferWatch = ({ db, intervalMs = 60_000, clock = systemClock, log }: TransferWatchOptions): Watch =>
  startWatch({ what: 'transfers', look: () => settleTransfers(db, clock.nowMs()), intervalMs, log, clock })
