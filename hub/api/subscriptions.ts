/** Who is told of availability: webhooks subscribed by an operator, and the hub's own NATS if it is set (docs/webhooks.md). */
import { z } from 'zod'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import {
  createSubscription,
  deleteSubscription,
  listSubscriptions,
  redeliver,
  rotateSecret,
  type SubscriptionRow,
} from '../events/subscriptions.ts'
import { type PrivateTargets, refusedTarget } from '../events/target.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const subscriptionSchema = z.strictObject({
  subscriptionId: z.string(),
  kind: z.enum(['webhook', 'nats']),
  url: z.string(),
  storeIds: z.array(z.string()).nullable().meta({ description: 'Null: all stores' }),
  state: z.enum(['active', 'down', 'gone']).meta({ description: 'down: fails for long and is tried rarely · gone: answered 410' }),
  sequence: z.int().meta({ description: 'It has every event up to this one' }),
  behind: z.int().meta({ description: 'Items of stores whose newest event it does not have' }),
  failures: z.int().meta({ description: 'In a row' }),
  failingSince: z.string().nullable(),
  lastError: z.string().nullable(),
  deliveredAt: z.string().nullable(),
  createdAt: z.string(),
})

const shown = (row: SubscriptionRow & { behind: number }): z.infer<typeof subscriptionSchema> => ({
  ...{ subscriptionId: row.subscription_id, kind: row.kind === 'nats' ? 'nats' : 'webhook', url: row.url, storeIds: row.store_ids },
  ...{ state: row.state === 'down' || row.state === 'gone' ? row.state : 'active', sequence: row.sequence, behind: row.behind },
  ...{ failures: row.failures, failingSince: row.failing_since?.toISOString() ?? null, lastError: row.last_error },
  ...{ deliveredAt: row.delivered_at?.toISOString() ?? null, createdAt: row.created_at.toISOString() },
})

const askSchema = z.strictObject({
  url: z.string().max(2_000),
  storeIds: z.array(storeIdSchema).min(1).max(5_000).optional(),
  /** all: the present figure of every item first · now: what changes from now on. */
  from: z.enum(['all', 'now']).default('all'),
})

const secretSchema = z.string().meta({ description: 'Shown here alone; whsec_ and 24 bytes in base64' })
const params = z.strictObject({ subscriptionId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) })
const tags = ['availability']

export const registerSubscriptionRoutes = (app: HubApp, { db, targets }: { db: Database; targets: PrivateTargets }): void => {
  const unknown = (id: string) => errorBody('NOT_FOUND', `There is no subscription ${id}.`)
  const find = async (id: string) => (await listSubscriptions(db, id))[0]

  app.post(
    '/v1/subscriptions',
    {
      schema: {
        ...{ summary: 'Have availability events sent to a webhook', tags, body: askSchema },
        response: { 201: z.strictObject({ subscription: subscriptionSchema, secret: secretSchema }), 422: errorBodySchema },
      },
    },
    async ({ body }, reply) => {
      const refused = refusedTarget(body.url, targets)
      if (refused !== null) return reply.code(422).send(errorBody('INVALID', refused))
      const { secret, ...row } = await createSubscription(db, body)
      const behind = (await find(row.subscription_id))?.behind ?? 0
      return reply.code(201).send({ subscription: shown({ ...row, secret, behind }), secret })
    },
  )

  app.get(
    '/v1/subscriptions',
    {
      schema: {
        summary: 'All subscriptions, and how each stands',
        tags,
        response: { 200: z.strictObject({ subscriptions: z.array(subscriptionSchema) }) },
      },
    },
    async () => ({ subscriptions: (await listSubscriptions(db)).map(shown) }),
  )

  app.get(
    '/v1/subscriptions/:subscriptionId',
    { schema: { summary: 'One subscription', tags, params, response: { 200: subscriptionSchema, 404: errorBodySchema } } },
    async ({ params: { subscriptionId } }, reply) => {
      const row = await find(subscriptionId)
      return row ? shown(row) : reply.code(404).send(unknown(subscriptionId))
    },
  )

  app.delete(
    '/v1/subscriptions/:subscriptionId',
    { schema: { summary: 'End a subscription', tags, params, response: { 204: z.null(), 404: errorBodySchema } } },
    async ({ params: { subscriptionId } }, reply) => {
      if (!(await deleteSubscription(db, subscriptionId))) return reply.code(404).send(unknown(subscriptionId))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/subscriptions/:subscriptionId/rotate-secret',
    {
      schema: {
        ...{ summary: 'Give a webhook a new secret; the old one signs as well until previousUntil', tags, params },
        response: { 200: z.strictObject({ secret: secretSchema, previousUntil: z.string() }), 404: errorBodySchema },
      },
    },
    async ({ params: { subscriptionId } }, reply) => {
      const row = await rotateSecret(db, subscriptionId)
      if (!row?.previous_until) return reply.code(404).send(unknown(subscriptionId))
      return { secret: row.secret, previousUntil: row.previous_until.toISOString() }
    },
  )

  app.post(
    '/v1/subscriptions/:subscriptionId/redeliver',
    {
      schema: {
        ...{ summary: 'Send the newest event of each item again that changed since; takes up one that is gone or down, too', tags, params },
        body: z.union([z.strictObject({ since: z.iso.datetime({ offset: true }) }), z.strictObject({ afterSequence: z.int().min(0) })]),
        response: { 200: subscriptionSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params: { subscriptionId }, body }, reply) => {
      const row = (await redeliver(db, subscriptionId, body)) ? await find(subscriptionId) : undefined
      return row ? shown(row) : reply.code(404).send(unknown(subscriptionId))
    },
  )
}
