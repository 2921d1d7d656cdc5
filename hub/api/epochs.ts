/** Epochs of the hub's data: the operator declares a restored database, and the stores fill it again. */
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'
import { declareEpoch, type Epoch, listEpochs } from '../epoch/epoch.ts'
import type { Database } from '../storage/database.ts'
import type { HubApp } from './app.ts'
import { withoutNul } from '../storage/storable.ts'

const epochSchema = z.object({ epoch: hubEpochSchema, reason: z.string(), beganAt: z.string() })

const shown = ({ epoch, reason, beganAt }: Epoch): z.infer<typeof epochSchema> => ({ epoch, reason, beganAt: beganAt.toISOString() })

export const registerEpochRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/epochs',
    {
      schema: { summary: 'Epochs of the hub’s data, the present one first', response: { 200: z.object({ epochs: z.array(epochSchema) }) } },
    },
    async () => ({ epochs: (await listEpochs(db)).map(shown) }),
  )

  app.post(
    '/v1/epochs',
    {
      schema: {
        summary: 'Declare that the database was restored: every store comes back and sends again what the hub lacks',
        body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
        response: { 201: epochSchema },
      },
    },
    async (request, reply) => reply.code(201).send(shown(await declareEpoch(db, withoutNul(request.body.reason)))),
  )
}
