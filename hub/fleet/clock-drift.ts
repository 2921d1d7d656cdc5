/** A store's clock that is wrong by more than it can be measured wrong becomes an exception, and ends it when it is right again [TRN17]. */
import type { Report } from '#sync/contract/report.ts'
import { type Kysely, sql } from 'kysely'
import { exceptionId, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import type { Peer } from '../gateway/session.ts'
import type { Tables } from '../storage/tables.ts'

const allowedMs = 120_000

export const settleClock = async (
  db: Kysely<Tables>,
  { deviceId, storeId }: Peer,
  { offsetMs, uncertaintyMs }: NonNullable<Report['clock']>,
): Promise<void> => {
  const id = exceptionId('CLOCK_DRIFTS', deviceId)
  if (Math.abs(offsetMs) <= allowedMs + uncertaintyMs) return resolveExceptions(db, [id])
  const { rows } = await sql<{ host: string }>`select host_name as host from device where device_id = ${deviceId}`.execute(db)
  await reportExceptions(db, [
    {
      exceptionId: id,
      kind: 'CLOCK_DRIFTS',
      storeId,
      message: `The clock of ${rows[0]?.host ?? deviceId} in store ${storeId} is ${wordDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} the hub’s.`,
    },
  ])
}

/** The two largest units that say something: 3 minutes 12 seconds, 2 days 4 hours. */
export const wordDuration = (ms: number): string => {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const
  let rest = Math.round(ms / 1_000)
  const parts = units.flatMap(([unit, seconds]) => {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`]
  })
  return parts.slice(0, 2).join(' ') || '0 seconds'
}
