/** Subscriptions over HTTP, and the whole way of a figure: a sale at a store, a reservation on a channel, an event at a webhook. */
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem } from './stocking.ts'
import { withReceivers } from './webhook-receiver.ts'

const server = withDatabase()
const startHub = withHubs()
const receiverNow = withReceivers()

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 10 })
interface Made {
  subscription: { subscriptionId: string }
  secret: string
}

it('[AVL21] [AVL24] a sale and a reservation are events at a webhook, and the figure is the one that the API has', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  await sql`insert into stock_balance values ('S1', 'MILK', 20000)`.execute(db)
  const [receiver, hub] = [await receiverNow(), await startHub({ DATABASE_URL: url })]
  const made = await hub.post('/v1/subscriptions', { url: receiver.url })
  expect(made).toMatchObject({ status: 201, body: { subscription: { kind: 'webhook', state: 'active', storeIds: null, failures: 0 } } })
  receiver.secrets = [(made.body as Made).secret]
  await soon(() => expect(receiver.newest().get('S1 MILK')?.onHandMilli).toBe(20_000))

  device.sell(1)
  const wire = hub.wire()
  await wire.hello(device)
  await wire.send('batch', { records: device.journal })
  await soon(() => expect(receiver.newest().get('S1 MILK')?.onHandMilli).toBe(18_000))

  const lines = [{ itemId: 'MILK', quantityMilli: 3_000, storeIds: ['S1'] }]
  await hub.post('/v1/reservations', { reservationId: 'R', kind: 'soft', expiresInSeconds: 1, channel: 'web', lines })
  await soon(() => expect(receiver.newest().get('S1 MILK')?.reservedMilli).toBe(3_000))
  const reserved = receiver.newest().get('S1 MILK')
  await soon(() =>
    expect(receiver.newest().get('S1 MILK')).toMatchObject({ reservedMilli: 0, reason: expect.stringContaining('18 on hand') }),
  )
  const answer = await hub.get('/v1/availability?itemId=MILK&storeId=S1')
  const { eventId: _, sequence, asOf: __, reason: ___, itemId: ____, ...figure } = receiver.newest().get('S1 MILK') ?? { sequence: 0 }
  expect(answer.body).toMatchObject({ items: [{ stores: [figure] }] })
  expect(sequence).toBeGreaterThan(reserved?.sequence ?? 0)
})

it('[AVL24] subscriptions are made, listed, put back, given another secret and ended; secrets are shown once; bad targets are refused', async () => {
  const { db, url } = await server.fresh()
  await enrolModelDevice(db)
  const [receiver, hub] = [await receiverNow(), await startHub({ DATABASE_URL: url })]
  for (const bad of ['http://shop.example/', 'https://10.0.0.1/', 'https://[fd00::1]/x', 'https://u:p@shop.example/', 'not a url'])
    expect(await hub.post('/v1/subscriptions', { url: bad }), bad).toMatchObject({ status: 422, body: { code: 'INVALID' } })
  const made = (await hub.post('/v1/subscriptions', { url: receiver.url, storeIds: ['S1'], from: 'now' })).body as Made
  const id = made.subscription.subscriptionId
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)

  const listed = await hub.get('/v1/subscriptions')
  expect(listed).toMatchObject({
    status: 200,
    body: { subscriptions: [{ subscriptionId: id, url: receiver.url, storeIds: ['S1'], behind: 0 }] },
  })
  expect(JSON.stringify(listed.body)).not.toContain('whsec_')
  expect(await hub.get(`/v1/subscriptions/${id}`)).toMatchObject({ status: 200, body: made.subscription })
  const rotated = await hub.post(`/v1/subscriptions/${id}/rotate-secret`)
  expect(rotated).toMatchObject({ status: 200, body: { secret: expect.stringMatching(/^whsec_/), previousUntil: expect.any(String) } })
  expect((rotated.body as Made).secret).not.toBe(made.secret)
  expect(await hub.post(`/v1/subscriptions/${id}/redeliver`, { afterSequence: 0 })).toMatchObject({ status: 200, body: { sequence: 0 } })
  expect(await hub.post(`/v1/subscriptions/${id}/redeliver`, { since: '2026-01-31T00:00:00Z' })).toMatchObject({ status: 200 })
  expect(await hub.post(`/v1/subscriptions/${id}/redeliver`, { since: 'yesterday' })).toMatchObject({ status: 422 })

  const end = () =>
    fetch(`${hub.url}/v1/subscriptions/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${hub.operatorToken}` } })
  expect((await end()).status).toBe(204)
  expect((await end()).status).toBe(404)
  for (const call of [
    hub.get(`/v1/subscriptions/${id}`),
    hub.post(`/v1/subscriptions/${id}/rotate-secret`),
    hub.post(`/v1/subscriptions/${id}/redeliver`, { afterSequence: 0 }),
  ])
    expect(await call).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
})
