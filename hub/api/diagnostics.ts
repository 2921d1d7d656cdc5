/** Support bundles [OPS7]: asked for here, granted or declined by the store's manager, and downloaded here for thirty days. */
import { diagnosticsRequestIdSchema } from '#sync/contract/diagnostics.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type DiagnosticsRequest, listDiagnostics, readBundle, requestDiagnostics } from '../fleet/diagnostics-requests.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const params = z.object({ deviceId: z.string().max(32) })

const requestSchema = z.object({
  requestId: z.string(),
  reason: z.string(),
  state: z.enum(['asked', 'declined', 'granted', 'complete']),
  parts: z.int().nullable(),
  partsHere: z.int(),
  askedAt: z.string(),
  answeredAt: z.string().nullable(),
})

export const registerDiagnosticsRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.post(
    '/v1/devices/:deviceId/diagnostics',
    {
      schema: {
        summary:
          'Ask for a support bundle; the store’s manager sees the reason and decides. A store that is away is asked when it is back.',
        params,
        body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
        response: { 202: z.object({ requestId: z.string() }), 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { deviceId } = request.params
      const made = await requestDiagnostics(db, deviceId, request.body.reason)
      if (made === 'unknown-device') return reply.code(404).send(errorBody('NOT_FOUND', `no device ${deviceId}`))
      log.info({ deviceId, requestId: made.requestId }, 'a support bundle was asked for')
      return reply.code(202).send(made)
    },
  )

  app.get(
    '/v1/devices/:deviceId/diagnostics',
    {
      schema: {
        summary: 'Support bundles asked of this device in the last thirty days, newest first',
        params,
        response: { 200: z.object({ requests: z.array(requestSchema) }) },
      },
    },
    async ({ params: { deviceId } }) => ({ requests: (await listDiagnostics(db, deviceId)).map(inText) }),
  )

  app.get(
    '/v1/devices/:deviceId/diagnostics/:requestId/bundle',
    {
      schema: {
        summary: 'The bundle, once all of it is here: gzip of JSON lines',
        params: params.extend({ requestId: diagnosticsRequestIdSchema }),
        response: { 200: z.unknown(), 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { deviceId, requestId } = request.params
      const bundle = await readBundle(db, deviceId, requestId)
      if (!bundle) return reply.code(404).send(errorBody('NOT_FOUND', 'no complete bundle under this request'))
      return reply
        .header('content-type', 'application/gzip')
        .header('content-disposition', `attachment; filename="${deviceId}-${requestId}.jsonl.gz"`)
        .send(bundle)
    },
  )
}

const inText = ({ askedAt, answeredAt, ...request }: DiagnosticsRequest): z.infer<typeof requestSchema> => ({
  ...request,
  askedAt: askedAt.toISOString(),
  answeredAt: answeredAt?.toISOString() ?? null,
})
