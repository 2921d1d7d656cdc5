/** Asks of an agent, now: it reports, compares its days, or sends and receives whatever its windows say. One that is away is not asked. */
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'
import { notifyDevice } from '../enrolment/device-channel.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

export const registerFleetRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.post(
    '/v1/devices/:deviceId/ask',
    {
      schema: {
        summary:
          'Ask an agent that is connected for a report, a comparison of its days, or to send and receive at once whatever its windows say',
        params: z.object({ deviceId: deviceIdSchema }),
        body: z.strictObject({ what: z.enum(['report', 'compare', 'sync-now']) }),
        response: { 202: z.object({ outcome: z.literal('asked') }), 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { deviceId } = request.params
      const device = await db
        .selectFrom('device')
        .select('device_id')
        .where('device_id', '=', deviceId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      if (!device) return reply.code(404).send(errorBody('NOT_FOUND', `no device ${deviceId}`))
      await notifyDevice(db, { event: 'ask', deviceId, ask: { what: request.body.what } })
      return reply.code(202).send({ outcome: 'asked' })
    },
  )
}
