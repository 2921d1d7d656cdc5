/** Projections for operators: where each stands in the log, its last rebuild and what that found, and a rebuild on demand. */
import { sql } from 'kysely'
import { z } from 'zod'
import { type RebuildEntry, readNewestRebuilds } from '../rebuild/rebuild-log.ts'
import type { RunningRebuilds } from '../rebuild/running-rebuilds.ts'
import { differs, tableDifferenceSchema, wordTable } from '../rebuild/table-difference.ts'
import { wordProgress } from '../rebuild/progress.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const rebuildSchema = z.object({
  rebuildId: z.int(),
  mode: z.enum(['replace', 'compare']),
  state: z.enum(['running', 'done', 'failed', 'cut-off']),
  beganAt: z.string(),
  endedAt: z.string().nullable(),
  progress: z.object({ read: z.int(), total: z.int(), perSecond: z.int(), secondsLeft: z.int().nullable(), words: z.string() }),
  message: z.string().nullable().meta({ description: 'What it found, or why it did not get to its end' }),
  differences: z.array(tableDifferenceSchema.extend({ words: z.string() })).meta({ description: 'Of the tables that differed' }),
})

const projectionSchema = z.object({
  name: z.string(),
  readRecords: z.int(),
  waitingRecords: z.int().meta({ description: 'In the log, and not taken yet' }),
  lastRebuild: rebuildSchema.nullable(),
})

const shown = (entry: RebuildEntry): z.infer<typeof rebuildSchema> => {
  const { rebuildId, mode, state, beganAt, endedAt, progress, message, differences } = entry
  return {
    ...{ rebuildId, mode, state, message },
    beganAt: beganAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    progress: { ...progress, words: wordProgress(progress) },
    differences: differences.filter(differs).map((each) => ({ ...each, words: wordTable(each) })),
  }
}

const readPlaces = async (db: Database, names: readonly string[]) => {
  const { rows } = await sql<{ name: string; read: number; waiting: number }>`
    select n.name, coalesce(sum(p.seq), 0)::bigint as read,
      (coalesce(sum(s.acked_seq - coalesce(p.seq, 0)), 0) + (select count(*) from projection_late l where l.projection = n.name))::bigint as waiting
    from unnest(${names}::text[]) as n(name) left join device_stream s on true
    left join projection_position p on p.projection = n.name and p.device_id = s.device_id and p.incarnation = s.incarnation
    group by n.name`.execute(db)
  return new Map(rows.map((row) => [row.name, row]))
}

export const registerProjectionRoutes = (app: HubApp, { db, rebuilds }: { db: Database; rebuilds: RunningRebuilds }): void => {
  app.get(
    '/v1/projections',
    {
      schema: {
        summary: 'What the log amounts to, one projection for each purpose: how far it has read, and its last rebuild',
        response: { 200: z.object({ projections: z.array(projectionSchema) }) },
      },
    },
    async () => {
      const [places, newest] = [await readPlaces(db, rebuilds.names), await readNewestRebuilds(db, rebuilds.names)]
      const projections = rebuilds.names.map((name) => {
        const [place, rebuild] = [places.get(name), newest.get(name)]
        return { name, readRecords: place?.read ?? 0, waitingRecords: place?.waiting ?? 0, lastRebuild: rebuild ? shown(rebuild) : null }
      })
      return { projections }
    },
  )

  app.post(
    '/v1/projections/:name/rebuild',
    {
      schema: {
        summary: 'Rebuild a projection from the log beside the live one, compare both, and put right what differs',
        params: z.object({ name: z.string().max(100) }),
        body: z.strictObject({ compareOnly: z.boolean().default(false) }),
        response: { 202: z.object({ rebuildId: z.int() }), 404: errorBodySchema, 409: errorBodySchema },
      },
    },
    async ({ params: { name }, body: { compareOnly } }, reply) => {
      const begun = await rebuilds.begin(name, compareOnly ? 'compare' : 'replace')
      if (begun.outcome === 'unknown') {
        const message = `There is no projection ${name}; there are ${rebuilds.names.join(', ')}.`
        return reply.code(404).send(errorBody('NOT_FOUND', message))
      }
      if (begun.outcome === 'refused') return reply.code(409).send(errorBody('INVALID', begun.message))
      return reply.code(202).send({ rebuildId: begun.rebuildId })
    },
  )
}
