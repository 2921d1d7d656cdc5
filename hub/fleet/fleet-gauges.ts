/** The fleet in three figures: what the stores have and the hub does not, how long it has waited, and who is not heard any more. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { readDeviceStates } from './device-state.ts'

/** No hello, batch or report of any of its devices for so long: silent. An agent reports at least every hour, as a rule every minute. */
const silentAfterMinutes = 15

export interface FleetFigures {
  pendingRecords: number
  oldestPendingSeconds: number
  silentStores: number
}

export const readFleetFigures = async (db: Kysely<Tables>): Promise<FleetFigures> => {
  const states = [...(await readDeviceStates(db)).values()]
  const { rows } = await sql<{ silent: number }>`
    select count(*)::int as silent from (
      select d.store_id from device d left join device_stream s using (device_id) left join device_report r using (device_id)
      where d.revoked_at is null group by d.store_id
      having coalesce(greatest(max(d.last_seen_at), max(s.last_batch_at), max(r.reported_at)), '-infinity') < now() - ${silentAfterMinutes} * interval '1 minute'
    ) quiet`.execute(db)
  return {
    pendingRecords: states.reduce((sum, { pendingRecords }) => sum + pendingRecords, 0),
    oldestPendingSeconds: Math.max(0, ...states.map(({ oldestPendingSeconds }) => oldestPendingSeconds ?? 0)),
    silentStores: rows[0]?.silent ?? 0,
  }
}
