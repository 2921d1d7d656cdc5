/**
 * Projection `day-closes`: each close of a business day with its proof, and the hub's own count beside the till's and the agent's, so
 * that a difference names the hop where it arose [CMP4] [CMP5]. A close that is not proven is kept and becomes an exception; one whose
 * totals the hub does not find becomes one until a newer close of the day agrees; a rebuild finds the same ones open.
 */
import type { DayCloseStatement } from '#sync/contract/day-close.ts'
import { noTotals, statedTotals } from '#sync/core/day-totals.ts'
import { sql, type Transaction } from 'kysely'
import { type HubException, raiseExceptions, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { type LogRecord, readRecord, recordIdOfRow } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import type { Tables } from '../storage/tables.ts'
import { countCovered, type CoveredTotals } from './covered-totals.ts'
import { compareTotals } from './day-totals.ts'
import { wordHubDifference } from './difference-words.ts'
import { type ClosedWorkstation, readNewestCloses } from './newest-closes.ts'
import { type Proof, proveClose } from './proof.ts'

export const dayCloseProjection: Projection = {
  name: 'day-closes',
  heeds: ['day-close'],
  tables: { day_close: 'closes of days', day_close_workstation: 'tills in closes of days' },
  settles: ['HUB_TOTALS_DIFFER:'],

  apply: async (trx, records) => {
    const days = new Map<string, { storeId: string; businessDay: string }>()
    for (const row of records) {
      if (row.kind !== 'day-close') continue
      const read = readRecord(row)
      if (read.reading !== 'day-close') continue
      if (days.size === 0) await lockStore(trx, row.store_id)
      const { statement, signed } = read
      const proof = await proveClose(trx, row, statement, signed)
      const covered = proof.proof === 'proven' ? await countCovered(trx, row, statement) : null
      await insertClose(trx, row, statement, proof, covered)
      if (proof.proof === 'not-proven') await raiseExceptions(trx, [notProven(row, statement, proof.reason)])
      days.set(statement.businessDay, { storeId: row.store_id, businessDay: statement.businessDay })
    }
    for (const { storeId, businessDay } of days.values()) await settleDifferences(trx, storeId, businessDay)
  },

  reset: async (trx) => {
    await trx.deleteFrom('day_close_workstation').execute()
    await trx.deleteFrom('day_close').execute()
  },
}

/** Two streams of one store may close one day: the second waits, and then sees what the first one wrote. */
const lockStore = (trx: Transaction<Tables>, storeId: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`tideline day closes ${storeId}`}, 0))`.execute(trx)

const insertClose = async (
  trx: Transaction<Tables>,
  row: LogRecord,
  statement: DayCloseStatement,
  { proof, reason }: Proof,
  covered: CoveredTotals | null,
): Promise<void> => {
  const { device_id, incarnation, seq } = row
  await trx
    .insertInto('day_close')
    .values({
      device_id,
      incarnation,
      seq,
      store_id: row.store_id,
      business_day: statement.businessDay,
      payload_hash: row.payload_hash,
      closed_at: statement.closedAt,
      currency: statement.currency,
      proof,
      reason,
      uncounted: covered?.uncounted ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  // A statement that names a workstation twice is the agent's fault; the last one stands.
  const workstations = [...new Map(statement.workstations.map((each) => [each.workstationId, each])).values()]
  const rows = workstations.map(({ workstationId, ledger, totals, tillTotals, differences }) => {
    const hub = covered && (covered.byWorkstation.get(workstationId) ?? statedTotals(noTotals))
    return {
      device_id,
      incarnation,
      seq,
      workstation_id: workstationId,
      ledger: JSON.stringify(ledger),
      agent_totals: JSON.stringify(totals),
      till_totals: tillTotals ? JSON.stringify(tillTotals) : null,
      till_differences: JSON.stringify(differences),
      hub_totals: hub && JSON.stringify(hub),
      hub_differences: JSON.stringify(hub ? compareTotals(totals, hub) : []),
    }
  })
  await sql`insert into day_close_workstation select * from json_populate_recordset(null::day_close_workstation, ${JSON.stringify(rows)}::json)
    on conflict do nothing`.execute(trx)
}

/** Named for what the close says, so that one carried over into a new life is not a second exception. */
const notProven = (row: LogRecord, { storeId, businessDay }: DayCloseStatement, reason: string): HubException => ({
  exceptionId: `CLOSE_NOT_PROVEN:${encodeURIComponent(storeId)}|${businessDay}|${row.payload_hash}`,
  kind: 'CLOSE_NOT_PROVEN',
  storeId: row.store_id,
  recordId: recordIdOfRow(row),
  place: { businessDay },
  message: `The close of ${businessDay} is not proven: ${reason}.`,
})

const settleDifferences = async (trx: Transaction<Tables>, storeId: string, businessDay: string): Promise<void> => {
  const workstations = await readNewestCloses(trx, storeId, businessDay)
  const exceptionOf = (workstation: ClosedWorkstation): HubException => ({
    exceptionId: `HUB_TOTALS_DIFFER:${encodeURIComponent(storeId)}|${workstation.workstationId}|${businessDay}`,
    kind: 'HUB_TOTALS_DIFFER',
    storeId,
    recordId: workstation.close.recordId,
    place: { workstationId: workstation.workstationId, businessDay },
    message: wordHubDifference(businessDay, workstation),
    amountMinor: Math.abs(workstation.agent.grandMinor - (workstation.hub?.grandMinor ?? 0)),
    currency: workstation.currency,
  })
  const differs = ({ hubDifferences }: ClosedWorkstation): boolean => hubDifferences.length > 0
  await reportExceptions(trx, workstations.filter(differs).map(exceptionOf))
  await resolveExceptions(
    trx,
    workstations.filter((each) => !differs(each)).map((each) => exceptionOf(each).exceptionId),
  )
}
