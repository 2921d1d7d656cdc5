/** Forgets support bundles after thirty days, looking every hour; several hub processes may do so side by side. */
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { forgetOldDiagnostics } from './diagnostics-requests.ts'

export const startBundleRetention = ({ db, log, everyMs = 3_600_000 }: { db: Database; log: Logger; everyMs?: number }) => {
  let running: Promise<void> = Promise.resolve()
  const round = (): void => {
    running = forgetOldDiagnostics(db).then(
      (forgotten) => (forgotten > 0 ? log.info({ forgotten }, 'old support bundles were deleted') : undefined),
      (error: unknown) => log.warn({ err: error }, 'old support bundles could not be deleted'),
    )
  }
  round()
  const timer = setInterval(round, everyMs)
  return {
    stop: async (): Promise<void> => {
      clearInterval(timer)
      await running
    },
  }
}
