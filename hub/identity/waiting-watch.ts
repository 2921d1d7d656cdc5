/** Looks again and again whether an item that lines wait for has become known: by an import here or in another process, or by the ERP. */
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { startWatch, type Watch } from '../watch.ts'
import { mergeWaitingLines } from './waiting-lines.ts'

export interface WaitingWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startWaitingWatch = ({ db, intervalMs = 1_000, ...options }: WaitingWatchOptions): Watch =>
  startWatch({ ...options, what: 'lines that wait for their item', look: () => mergeWaitingLines(db), intervalMs })
