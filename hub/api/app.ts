/** The HTTP application: zod in and out, OpenAPI at /v1/openapi.json, one error shape, the operator's bearer token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import swagger from '@fastify/swagger'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import Fastify, { LogController, type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { z } from 'zod'
import { databaseFailure } from '../storage/failure.ts'

export const errorBodySchema = z.object({ code: z.enum(errorCodeNames), message: z.string() })

export const errorBody = (code: ErrorCode, message: string): z.infer<typeof errorBodySchema> => ({ code, message })

/** Paths that answer without the operator's token: what a device needs to enrol, and what machines probe. */
const openPaths = new Set(['/v1/enrolments', '/v1/openapi.json', '/healthz', '/readyz', '/metrics'])

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export const createApp = async (operatorToken: string, log: Logger) => {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_000_000,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tideline hub',
        version: '1',
        description: 'Stores, devices, transactions, postings and catalogue of a Tideline hub.',
      },
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
      security: [{ operator: [] }],
    },
    transform: jsonSchemaTransform,
  })
  const expected = digest(`Bearer ${operatorToken}`)
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (openPaths.has(request.routeOptions.url ?? '')) return
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return
    await reply.code(401).send(errorBody('UNAUTHORIZED', 'send the operator token as: Authorization: Bearer …'))
  })
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(error, reply, log))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('NOT_FOUND', 'no such address')))
  return app
}

export type HubApp = Awaited<ReturnType<typeof createApp>>

const sendError = (error: FastifyError, reply: FastifyReply, log: Logger): FastifyReply => {
  if (hasZodFastifySchemaValidationErrors(error)) return reply.code(422).send(errorBody('INVALID', error.message))
  if (error.statusCode === 413) return reply.code(413).send(errorBody('TOO_LARGE', error.message))
  if (error.statusCode !== undefined && error.statusCode < 500)
    return reply.code(error.statusCode).send(errorBody('MALFORMED', error.message))
  if (databaseFailure(error) === 'away')
    return reply.code(503).send(errorBody('HUB_UNAVAILABLE', 'the hub cannot reach its database just now'))
  if (databaseFailure(error) === 'data') return reply.code(422).send(errorBody('INVALID', 'a value that the database cannot hold'))
  log.error({ err: error }, 'a request failed')
  return reply.code(500).send(errorBody('INTERNAL', 'a fault at the hub; its log says more'))
}
