/** Tidies up reservations that have ended by themselves. Nothing depends on when: they hold nothing back any more. */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { closeLines } from './promised-stock.ts'

const isConsumed = sql`(receipt is not null and not exists (
        select from reservation_line l where l.reservation_id = r.reservation_id and not exists (
          select from stock_movement m where m.store_id = l.store_id and m.natural_key = r.receipt)))`

/**
 * Bounded, and past what another process is at: several may tidy side by side. `expired` alone is quick to find. Returns how many it wrote
 * down as ended.
 */
export const endReservations = async (db: Database, which: 'all' | 'expired' = 'all'): Promise<number> => {
  const { rows } = await sql`
    with due as (
      select reservation_id, case when expires_at <= now() then 'expired' else 'consumed' end as state from reservation r
      where state = 'active' and (expires_at <= now() ${which === 'all' ? sql`or ${isConsumed}` : sql``})
      order by reservation_id limit 1000 for update skip locked),
    closed as (${closeLines})
    update reservation r set state = due.state, ended_at = now() from due
    where r.reservation_id = due.reservation_id returning r.reservation_id`.execute(db)
  return rows.length
}

export const startReservationExpiry = ({ db, log, everyMs = 10_000 }: { db: Database; log: Logger; everyMs?: number }) => {
  let running: Promise<void> = Promise.resolve()
  const round = (): void => {
    running = running
      .then(() => endReservations(db))
      .then(
        () => undefined,
        (error: unknown) => log.warn({ err: error }, 'ended reservations could not be tidied up'),
      )
  }
  const timer = setInterval(round, everyMs)
  return {
    stop: async (): Promise<void> => {
      clearInterval(timer)
      await running
    },
  }
}
