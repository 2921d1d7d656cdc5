/** How stores talk to the centre [OPS6]: windows, bounds and intervals, for one store or for all of them. */
import { syncSettingsSchema } from '#sync/contract/traffic.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { readSyncSettings, setSyncSettings, syncSettingsBodySchema } from '../fleet/sync-settings.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const params = z.object({ storeId: z.string().max(32) })

export const registerSettingsRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/stores/:storeId/sync-settings',
    {
      schema: {
        summary: 'Windows, bounds and intervals of a store; the defaults where nothing was set',
        params,
        response: { 200: syncSettingsSchema, 404: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { storeId } = request.params
      const settings = await readSyncSettings(db, storeId)
      return settings ? reply.send(settings) : reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
    },
  )

  app.put(
    '/v1/stores/:storeId/sync-settings',
    {
      schema: {
        summary: 'Set windows, bounds and intervals of a store; its agents take them up when they hear of them, and keep them offline',
        params,
        body: syncSettingsBodySchema,
        response: { 200: syncSettingsSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { storeId } = request.params
      const set = await setSyncSettings(db, request.body, storeId)
      if (set.outcome === 'flawed') return reply.code(422).send(errorBody('INVALID', set.message))
      const settings = await readSyncSettings(db, storeId)
      if (set.outcome === 'unknown-store' || !settings) return reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
      log.info({ storeId }, 'sync settings set')
      return reply.send(settings)
    },
  )

  app.put(
    '/v1/sync-settings',
    {
      schema: {
        summary: 'The same windows, bounds and intervals for every store that there is, all or none',
        body: syncSettingsBodySchema,
        response: { 200: z.object({ stores: z.int() }), 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const set = await setSyncSettings(db, request.body)
      if (set.outcome !== 'set') return reply.code(422).send(errorBody('INVALID', set.outcome === 'flawed' ? set.message : 'no stores'))
      log.info({ stores: set.stores }, 'sync settings of all stores set')
      return reply.send({ stores: set.stores })
    },
  )
}
