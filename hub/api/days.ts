/**
 * Business days of a store: is each till's sequence whole, is the day closed and proven, and do till, agent and hub say the same?
 * `hub` counts the very records that the close covers; `now` is what counts there at this moment, later receipts included.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import { hubTotalsSchema } from '../close/day-totals.ts'
import { closedWorkstationSchema, readNewestCloses } from '../close/newest-closes.ts'
import { grouped } from '../grouped.ts'
import { isSettled } from '../stock/movement.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const { workstationId, currency, close, ledger, agent, till, tillDifferences, hub, hubDifferences } = closedWorkstationSchema.shape

/** What only a close says is null for a workstation that none of the day's closes names. */
const workstationSchema = z.object({
  workstationId,
  currency,
  close: close.nullable(),
  ledger: ledger.nullable(),
  till,
  agent: agent.nullable(),
  hub,
  tillDifferences,
  hubDifferences,
  now: hubTotalsSchema.pick({ transactionCount: true, grandMinor: true, kinds: true }),
})
type DayWorkstation = z.infer<typeof workstationSchema>

const daySchema = z.object({ storeId: z.string(), businessDay: z.string(), workstations: z.array(workstationSchema) })

const summarySchema = z.object({
  businessDay: z.string(),
  workstations: z.int(),
  /** Workstations that a close names. */
  closed: z.int(),
  /** All of them closed, each close signed and in its place in the journal. */
  proven: z.boolean(),
  missingNumbers: z.int(),
  /** Workstations whose till, agent and hub do not say the same. */
  differing: z.int(),
})

const params = z.object({ storeId: z.string().max(32) })

export const registerDayRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/stores/:storeId/days',
    {
      schema: {
        summary: 'Business days of a store, newest first; `next` is the cursor of the next page',
        params,
        querystring: z.object({ before: businessDaySchema.optional(), limit: z.coerce.number().int().min(1).max(100).default(31) }),
        response: {
          200: z.object({ days: z.array(summarySchema), next: z.string().nullable() }),
          404: errorBodySchema,
          422: errorBodySchema,
        },
      },
    },
    async (request, reply) => {
      const { storeId } = request.params
      if (!(await isStore(db, storeId))) return reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
      const { before, limit } = request.query
      const days = await readDays(db, storeId, before, limit)
      const summaries = []
      for (const businessDay of days) summaries.push(summaryOf(businessDay, await readWorkstations(db, storeId, businessDay)))
      return reply.send({ days: summaries, next: days.length < limit ? null : (days.at(-1) ?? null) })
    },
  )

  app.get(
    '/v1/stores/:storeId/days/:businessDay',
    {
      schema: {
        summary: 'One business day: each till’s sequence, and the totals of till, agent and hub side by side',
        params: params.extend({ businessDay: businessDaySchema }),
        response: { 200: daySchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { storeId, businessDay } = request.params
      const workstations = await readWorkstations(db, storeId, businessDay)
      if (workstations.length === 0) return reply.code(404).send(errorBody('NOT_FOUND', `store ${storeId} has nothing on ${businessDay}`))
      return reply.send({ storeId, businessDay, workstations })
    },
  )
}

const isStore = async (db: Database, storeId: string): Promise<boolean> =>
  (await db.selectFrom('store').select('store_id').where('store_id', '=', storeId).executeTakeFirst()) !== undefined

const readDays = async (db: Database, storeId: string, before: string | undefined, limit: number): Promise<string[]> => {
  const { rows } = await sql<{ day: string }>`
    select business_day as day from day_total where store_id = ${storeId} and business_day < ${before ?? 'infinity'}
    union select business_day from day_close where store_id = ${storeId} and business_day < ${before ?? 'infinity'}
    order by day desc limit ${limit}`.execute(db)
  return rows.map(({ day }) => day)
}

const summaryOf = (businessDay: string, workstations: readonly DayWorkstation[]): z.infer<typeof summarySchema> => ({
  businessDay,
  workstations: workstations.length,
  closed: workstations.filter(({ close: closed }) => closed !== null).length,
  proven: workstations.every(({ close: closed }) => closed?.proof === 'proven'),
  missingNumbers: workstations.flatMap((each) => each.ledger?.missing ?? []).reduce((sum, range) => sum + range.to - range.from + 1, 0),
  differing: workstations.filter((each) => each.tillDifferences.length > 0 || each.hubDifferences.length > 0).length,
})

const readWorkstations = async (db: Database, storeId: string, businessDay: string): Promise<DayWorkstation[]> => {
  const closed = await readNewestCloses(db, storeId, businessDay)
  const counted = await readCounted(db, storeId, businessDay)
  const open = counted.filter((each) => !closed.some((other) => placeOf(other) === placeOf(each)))
  const nothing = { close: null, ledger: null, till: null, agent: null, hub: null, tillDifferences: [], hubDifferences: [] }
  const nowOf = (at: Place): DayWorkstation['now'] => counted.find((each) => placeOf(each) === placeOf(at))?.now ?? countNow([])
  return [...closed.map((each) => ({ ...each, now: nowOf(each) })), ...open.map((each) => ({ ...nothing, ...each }))].sort((a, b) =>
    placeOf(a) < placeOf(b) ? -1 : 1,
  )
}

interface Place {
  workstationId: string
  currency: string
}

/** A till that takes two currencies is two rows. */
const placeOf = ({ workstationId: till, currency: money }: Place): string => JSON.stringify([till, money])

const readCounted = async (db: Database, storeId: string, businessDay: string): Promise<(Place & { now: DayWorkstation['now'] })[]> => {
  const rows = await db
    .selectFrom('day_total')
    .select(['workstation_id as workstationId', 'currency', 'key', 'count', 'amount_minor'])
    .where('store_id', '=', storeId)
    .where('business_day', '=', businessDay)
    .where('measure', '=', 'transaction-kind')
    .orderBy('key')
    .execute()
  return [...grouped(rows, placeOf).values()].flatMap(([first, ...others]) =>
    first ? [{ workstationId: first.workstationId, currency: first.currency, now: countNow([first, ...others]) }] : [],
  )
}

const countNow = (rows: readonly { key: string; count: number; amount_minor: number }[]): DayWorkstation['now'] => {
  const settled = rows.filter(({ key }) => isSettled(key))
  return {
    transactionCount: settled.reduce((sum, { count }) => sum + count, 0),
    grandMinor: settled.reduce((sum, { amount_minor }) => sum + amount_minor, 0),
    kinds: rows.map(({ key, count, amount_minor }) => ({ kind: key as Transaction['kind'], count, grandMinor: amount_minor })),
  }
}
