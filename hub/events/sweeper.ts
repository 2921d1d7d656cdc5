/** Runs the looks that no change rings for: reservations whose time is over, and stores that fell silent or are heard again. */
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { endReservations } from '../availability/reservation-expiry.ts'
import type { Database } from '../storage/database.ts'
import { systemClock } from '../system-clock.ts'
import { startWatch, type Watch } from '../watch.ts'
import { lookAtStores, sweepSlice } from './sweep.ts'

export interface SweeperOptions {
  db: Database
  log: Logger
  /** Keys were marked. */
  onMarked(): void
  onPublished(): void
  intervalMs?: number
  clock?: Clock
}

/** A look does a bounded piece of work: a store with very many items, or very many stores, take several. */
const slicesALook = 20

export const startSweeper = ({ db, log, onMarked, onPublished, intervalMs = 1_000, clock = systemClock }: SweeperOptions): Watch => {
  const look = async (): Promise<void> => {
    if ((await endReservations(db, 'expired')) > 0) onMarked()
    await lookAtStores(db)
    for (let slices = 0; slices < slicesALook; slices++) {
      const swept = await sweepSlice(db)
      if (swept === null) return
      if (swept.told > 0) onPublished()
    }
  }
  return startWatch({ what: 'figures that change by themselves', look, intervalMs, log, clock })
}
