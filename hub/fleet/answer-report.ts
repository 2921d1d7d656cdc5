/**
 * Request `report` [OPS5]: what an agent tells of itself every minute or so. The newest one of each device is kept. It is also the
 * moment at which a support bundle that was asked for while the store was away is asked for again.
 */
import { type Report, reportSchema } from '#sync/contract/report.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { instantSchema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import { notifyDevice } from '../enrolment/device-channel.ts'
import { refuse, refuseError } from '../gateway/answer.ts'
import type { Request } from '../gateway/request.ts'
import type { Peer } from '../gateway/session.ts'
import type { Database } from '../storage/database.ts'
import { settleClock } from './clock-drift.ts'
import { readUnanswered } from './diagnostics-requests.ts'

export const answerReport: Request = async ({ db, log, limit, nowMs }, peer, message): Promise<UpResponse<'report'>> => {
  const parsed = reportSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a report of this protocol')
  const report = parsed.data
  try {
    await limit.run(async () => {
      await keepReport(db, peer, report)
      if (report.clock) await settleClock(db, peer, report.clock)
      await askAgain(db, peer)
    })
    return { outcome: 'reported', hubTime: instantSchema.parse(new Date(nowMs()).toISOString()) }
  } catch (error) {
    return refuseError(error, log)
  }
}

const keepReport = async (db: Database, { deviceId }: Peer, report: Report): Promise<void> => {
  const { journal, pending } = report
  await sql`
    insert into device_report (device_id, incarnation, pending, oldest_captured_at, report)
    values (${deviceId}, ${journal.incarnation}, ${pending.count}, ${pending.oldestCapturedAt ?? null}, ${JSON.stringify(report)})
    on conflict (device_id) do update set incarnation = excluded.incarnation, reported_at = now(), pending = excluded.pending,
      oldest_captured_at = excluded.oldest_captured_at, report = excluded.report`.execute(db)
}

/** An agent knows a request by its id: to be asked twice changes nothing there. */
const askAgain = async (db: Database, { deviceId }: Peer): Promise<void> => {
  for (const { requestId, reason } of await readUnanswered(db, deviceId))
    await notifyDevice(db, { event: 'ask', deviceId, ask: { what: 'diagnostics', requestId, reason } })
}
