/** Reservations over HTTP: made, read, confirmed, released, consumed; each call may be repeated. */
import { z } from 'zod'
import { itemIdSchema, quantityMilliSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { channelSchema } from '../availability/rules/rule.ts'
import { readReservation, reserve, type StepOutcome, takeStep } from '../availability/reservations.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const idSchema = z.string().regex(/^[A-Za-z0-9_.:-]{1,100}$/)

export const reservationLineSchema = z.strictObject({
  itemId: itemIdSchema,
  quantityMilli: quantityMilliSchema.min(1),
  storeIds: z.array(storeIdSchema).min(1).max(200),
})

export const reservationAskSchema = z.strictObject({
  reservationId: idSchema,
  kind: z.enum(['soft', 'hard']),
  channel: channelSchema,
  /** all: everything or nothing · possible: as much as there is. */
  fill: z.enum(['all', 'possible']).default('all'),
  expiresInSeconds: z.int().min(1).max(86_400).default(900),
  lines: z
    .array(reservationLineSchema)
    .min(1)
    .max(100)
    .refine((lines) => new Set(lines.map((line) => line.itemId)).size === lines.length, 'an item may stand in one line only'),
})

const reservationSchema = z.strictObject({
  reservationId: z.string(),
  kind: z.enum(['soft', 'hard']),
  state: z.enum(['active', 'released', 'consumed', 'expired']),
  channel: z.string(),
  expiresAt: z.string().nullable(),
  receipt: z.string().nullable(),
  lines: z.array(z.strictObject({ lineNumber: z.int(), storeId: z.string(), itemId: z.string(), quantityMilli: z.int() })),
})

const notEnoughSchema = z.strictObject({
  outcome: z.literal('not-enough'),
  short: z.array(z.strictObject({ lineNumber: z.int(), itemId: z.string(), missingMilli: z.int() })),
})

const params = z.strictObject({ reservationId: idSchema })
const tags = ['reservations']

export const registerReservationRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.post(
    '/v1/reservations',
    {
      schema: {
        ...{ summary: 'Reserve stock; the same id and content get the same reservation', tags, body: reservationAskSchema },
        response: {
          200: reservationSchema,
          201: reservationSchema,
          409: z.union([notEnoughSchema, errorBodySchema]),
          422: errorBodySchema,
        },
      },
    },
    async ({ body }, reply) => {
      const answer = await reserve(db, body)
      switch (answer.outcome) {
        case 'reserved':
          return reply.code(answer.isNew ? 201 : 200).send(answer.reservation)
        case 'not-enough':
          return reply.code(409).send(answer)
        case 'other-content':
          return reply.code(409).send(errorBody('INVALID', `The reservation ${body.reservationId} exists with other content.`))
        case 'unknown-store':
          return reply.code(422).send(errorBody('INVALID', `There is no store ${answer.storeId}.`))
      }
    },
  )

  app.get(
    '/v1/reservations/:reservationId',
    { schema: { summary: 'One reservation, as it stands now', tags, params, response: { 200: reservationSchema, 404: errorBodySchema } } },
    async ({ params: { reservationId } }, reply) => {
      const reservation = await readReservation(db, reservationId)
      return reservation ?? reply.code(404).send(errorBody('NOT_FOUND', `There is no reservation ${reservationId}.`))
    },
  )

  const response = { 200: reservationSchema, 404: errorBodySchema, 409: errorBodySchema }
  const answerStep = (id: string, answer: StepOutcome) => {
    if (answer.outcome === 'done') return { code: 200, body: answer.reservation } as const
    if (answer.outcome === 'unknown') return { code: 404, body: errorBody('NOT_FOUND', `There is no reservation ${id}.`) } as const
    return { code: 409, body: errorBody('INVALID', `The reservation ${id} is ${answer.state}.`) } as const
  }

  const confirm = { summary: 'A cart becomes an order: soft to hard', tags, params, response }
  app.post('/v1/reservations/:reservationId/confirm', { schema: confirm }, async ({ params: { reservationId } }, reply) => {
    const { code, body } = answerStep(reservationId, await takeStep(db, reservationId, { step: 'confirm' }))
    return reply.code(code).send(body)
  })

  const release = { summary: 'Give the reserved stock back', tags, params, response }
  app.post('/v1/reservations/:reservationId/release', { schema: release }, async ({ params: { reservationId } }, reply) => {
    const { code, body } = answerStep(reservationId, await takeStep(db, reservationId, { step: 'release' }))
    return reply.code(code).send(body)
  })

  const consume = {
    ...{
      summary: 'Shipped or collected; with the receipt that hands the goods over, it ends with its stock movement',
      tags,
      params,
      response,
    },
    body: z.strictObject({ receipt: z.string().min(1).max(200).optional() }),
  }
  app.post('/v1/reservations/:reservationId/consume', { schema: consume }, async ({ params: { reservationId }, body: asked }, reply) => {
    const { code, body } = answerStep(reservationId, await takeStep(db, reservationId, { step: 'consume', receipt: asked.receipt }))
    return reply.code(code).send(body)
  })
}
