/**
 * Business days of a store: is each till's sequence whole, is the day closed and proven, and do till, agent and hub say the same?
 * `hub` counts the very records that the close covers; `now` is what counts at the hub at this moment, later receipts included.
 */
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import { hubTotalsSchema, totalsOfEffects } from '../close/day-totals.ts'
import { closedWorkstationSchema, readNewestCloses } from '../close/newest-closes.ts'
import { grouped } from '../merge/newest.ts'
import type { TotalEffect } from '../merge/sales.ts'
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
  now: hubTotalsSchema,
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
  const places = new Map([...counted.keys(), ...closed.map((each) => placeOf(each))].map((place) => [place, null]))
  return [...places.keys()].sort().map((place): DayWorkstation => {
    const at = closed.find((each) => placeOf(each) === place)
    const { effects, ...named } = counted.get(place) ?? {
      effects: [],
      workstationId: at?.workstationId ?? '',
      currency: at?.currency ?? '',
    }
    const nothing = { close: null, ledger: null, till: null, agent: null, hub: null, tillDifferences: [], hubDifferences: [] }
    return { ...nothing, ...at, ...named, now: totalsOfEffects(effects) }
  })
}

/** A till that takes two currencies is two rows. */
const placeOf = (at: { workstationId: string; currency: string }): string => JSON.stringify([at.workstationId, at.currency])

interface Counted {
  workstationId: string
  currency: string
  effects: TotalEffect[]
}

const readCounted = async (db: Database, storeId: string, businessDay: string): Promise<Map<string, Counted>> => {
  const rows = await db
    .selectFrom('day_total')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('business_day', '=', businessDay)
    .execute()
  const named = rows.map((row) => ({ ...row, workstationId: row.workstation_id }))
  return new Map(
    [...grouped(named, placeOf)].map(([place, each]) => {
      const effects = each.map((row): TotalEffect => ({
        measure: row.measure as TotalEffect['measure'],
        key: row.key,
        count: row.count,
        amountMinor: row.amount_minor,
      }))
      return [place, { workstationId: each[0]?.workstationId ?? '', currency: each[0]?.currency ?? '', effects }]
    }),
  )
}
