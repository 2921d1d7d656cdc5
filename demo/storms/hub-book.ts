/** What the hub says of its stores, each read where it is true: log, sales, exceptions, comparisons. */
import { z } from 'zod'
import type { AuditedSale } from '../audit.ts'
import type { Centre } from './centre.ts'
import type { StormTill } from './till-day.ts'

/** How often each transaction stands in the log, by what was decided about it. */
export interface LogCounts {
  accepted: number
  /** Sent again under another life of the journal; it counts once. */
  duplicate: number
  other: number
}

export const logCounts = async (centre: Centre, storeId: string): Promise<LogCounts> => {
  const rows = await centre.query<{ verdict: string; count: string }>(
    `select verdict, count(*) from record_log where kind = 'transaction' and store_id = $1 group by verdict`,
    [storeId],
  )
  const of = (verdict: string): number => Number(rows.find((row) => row.verdict === verdict)?.count ?? 0)
  const all = rows.reduce((sum, { count }) => sum + Number(count), 0)
  return { accepted: of('accepted'), duplicate: of('duplicate'), other: all - of('accepted') - of('duplicate') }
}

export const countedSales = async (centre: Centre): Promise<AuditedSale[]> => {
  const rows = await centre.query<{ natural_key: string; grand_minor: string }>('select natural_key, grand_minor from sales_transaction')
  return rows.map((row) => ({ key: row.natural_key, grandMinor: Number(row.grand_minor) }))
}

export const haveAllArrived = async (centre: Centre, tills: readonly StormTill[]): Promise<boolean> => {
  const counted = new Set((await countedSales(centre)).map(({ key }) => key))
  return tills.every(({ sold }) => sold.every(({ key }) => counted.has(key)))
}

export const areAllPosted = async (centre: Centre, tills: readonly StormTill[]): Promise<boolean> => {
  const posted = new Set((await centre.erp.documents()).map(({ key }) => key))
  return tills.every(({ sold }) => sold.every(({ key }) => posted.has(key)))
}

export const openExceptions = async (centre: Centre, kind: string): Promise<{ storeId: string; message: string }[]> =>
  (
    await centre.query<{ store_id: string; message: string }>(
      `select store_id, message from exception where kind = $1 and state = 'open' order by store_id`,
      [kind],
    )
  ).map((row) => ({ storeId: row.store_id, message: row.message }))

export const livesOf = async (centre: Centre, storeId: string): Promise<string[]> =>
  (
    await centre.query<{ incarnation: string }>(
      `select incarnation from device_stream join device using (device_id) where store_id = $1 order by device_stream.first_seen_at`,
      [storeId],
    )
  ).map(({ incarnation }) => incarnation)

const comparisonsSchema = z.object({
  comparisons: z.array(
    z.object({ businessDay: z.string(), outcome: z.string(), count: z.int(), filledIn: z.int(), comparedAt: z.string() }),
  ),
})
export type DayComparison = z.infer<typeof comparisonsSchema>['comparisons'][number]

/** Asks the store's agent to compare its days now. */
export const askToCompare = async (centre: Centre, storeId: string): Promise<void> => {
  const devices = await centre.query<{ device_id: string }>('select device_id from device where store_id = $1', [storeId])
  for (const row of devices) await centre.call('POST', `/v1/devices/${row.device_id}/ask`, { what: 'compare' })
}

export const comparisons = async (centre: Centre, storeId: string): Promise<DayComparison[]> =>
  comparisonsSchema.parse(await centre.call('GET', `/v1/stores/${storeId}/comparisons`)).comparisons

const daySchema = z.object({
  workstations: z.array(
    z.object({
      workstationId: z.string(),
      close: z.object({ proof: z.string() }).nullable(),
      tillDifferences: z.array(z.unknown()),
      hubDifferences: z.array(z.unknown()),
      now: z.object({ transactionCount: z.int(), grandMinor: z.int() }),
    }),
  ),
})
export type HubDay = z.infer<typeof daySchema>['workstations']

export const hubDay = async (centre: Centre, storeId: string, businessDay: string): Promise<HubDay> =>
  daySchema.parse(await centre.call('GET', `/v1/stores/${storeId}/days/${businessDay}`)).workstations
