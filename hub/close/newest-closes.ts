/**
 * What counts of the closes of one store's day: for each workstation its part of the newest close, with the totals of till, agent and
 * hub beside each other. Lives that share no history may each have closed the day; then the later one by the store's clock is shown.
 */
import { closeDifferenceSchema, dayLedgerSchema, dayTotalsSchema } from '#sync/contract/day-close.ts'
import { tillTotalsSchema } from '#sync/contract/transaction.ts'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { newestOf, type Said } from '../merge/newest.ts'
import type { Tables } from '../storage/tables.ts'
import { hubTotalsSchema, totalsDifferenceSchema } from './day-totals.ts'

export const closeSchema = z.object({
  recordId: z.string(),
  deviceId: z.string(),
  seq: z.int(),
  closedAt: z.string(),
  proof: z.enum(['proven', 'signed', 'not-proven']),
  /** Why it is not proven. */
  reason: z.string().nullable(),
  uncounted: z.int().nullable(),
})

export const closedWorkstationSchema = z.object({
  workstationId: z.string(),
  currency: z.string(),
  close: closeSchema,
  ledger: dayLedgerSchema,
  agent: dayTotalsSchema,
  till: tillTotalsSchema.nullable(),
  tillDifferences: z.array(closeDifferenceSchema),
  /** Null where the hub cannot count the very records that the close covers. */
  hub: hubTotalsSchema.nullable(),
  hubDifferences: z.array(totalsDifferenceSchema),
})
export type ClosedWorkstation = z.infer<typeof closedWorkstationSchema>

interface CloseRow extends Said {
  closedAt: string
  currency: string
  proof: string
  reason: string | null
  uncounted: number | null
  workstation: Partial<Record<'id' | 'ledger' | 'agent' | 'till' | 'till_differences' | 'hub' | 'hub_differences', string | null>>
}

export const readNewestCloses = async (db: Kysely<Tables>, storeId: string, businessDay: string): Promise<ClosedWorkstation[]> => {
  const { rows } = await sql<CloseRow>`
    select c.device_id as "deviceId", c.incarnation, c.seq, c.payload_hash as identity, c.closed_at as "closedAt", c.currency, c.proof,
      c.reason, c.uncounted, json_build_object('id', w.workstation_id, 'ledger', w.ledger, 'agent', w.agent_totals, 'till', w.till_totals,
        'till_differences', w.till_differences, 'hub', w.hub_totals, 'hub_differences', w.hub_differences) as workstation
    from day_close c join day_close_workstation w using (device_id, incarnation, seq)
    where c.store_id = ${storeId} and c.business_day = ${businessDay}`.execute(db)
  const newest = new Set(newestOf(rows).map(({ identity }) => identity))
  const chosen = new Map<string, CloseRow>()
  for (const row of rows.filter(({ identity }) => newest.has(identity)).toSorted(byWeight)) chosen.set(row.workstation.id ?? '', row)
  return [...chosen.values()].map(closedWorkstation).sort((a, b) => (a.workstationId < b.workstationId ? -1 : 1))
}

/** The weightiest last: the later close, and of one close that was carried over, the record that proves it. */
const byWeight = (a: CloseRow, b: CloseRow): number => (weightOf(a) < weightOf(b) ? -1 : 1)

const weightOf = ({ closedAt, identity, proof, deviceId, incarnation }: CloseRow): string =>
  [closedAt, identity, proof === 'proven' ? '1' : '0', deviceId, incarnation].join(' ')

const closedWorkstation = ({ workstation, ...row }: CloseRow): ClosedWorkstation => {
  const { deviceId, incarnation, seq, closedAt, proof, reason, uncounted, currency } = row
  return closedWorkstationSchema.parse({
    workstationId: workstation.id,
    currency,
    close: { recordId: `${deviceId}:${incarnation}:${seq}`, deviceId, seq, closedAt, proof, reason, uncounted },
    ledger: parsed(workstation.ledger),
    agent: parsed(workstation.agent),
    till: parsed(workstation.till),
    tillDifferences: parsed(workstation.till_differences),
    hub: parsed(workstation.hub),
    hubDifferences: parsed(workstation.hub_differences),
  })
}

const parsed = (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null)
