/** Delivery of availability events to webhooks that work, fail, hang and come back. */
import { startDelivery } from '#hub/events/delivery.ts'
import { publishChanges } from '#hub/events/publication.ts'
import { retryPolicy, type RetryPolicy } from '#hub/events/standing.ts'
import { createSubscription, deleteSubscription, listSubscriptions, redeliver, rotateSecret } from '#hub/events/subscriptions.ts'
import { createWebhooks } from '#hub/events/webhook.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withReceivers } from './webhook-receiver.ts'

const server = withDatabase()
const receiverNow = withReceivers()
const log = pino({ level: 'silent' })
const quick: RetryPolicy = { ...retryPolicy, baseMs: 5, capMs: 40, downAfterMs: 1_000, downCapMs: 60 }

const deliveries: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const delivery of deliveries.splice(0)) await delivery.stop()
})

const deliver = (db: Database, change: Partial<Parameters<typeof startDelivery>[0]> = {}) => {
  const delivery = startDelivery({ db, log, transports: { webhook: createWebhooks('refuse', 500) }, pollMs: 20, policy: quick, ...change })
  deliveries.push(delivery)
  return delivery
}

const stocked = async (items = 3) => {
  const { db, anotherPool } = await server.fresh()
  await enrolModelDevice(db)
  await sql`insert into stock_balance select 'S1', 'I' || n, 100000 from generate_series(1, ${items}::int) n`.execute(db)
  await publishChanges(db)
  return { db, anotherPool }
}

const sell = async (db: Database, itemId: string): Promise<void> => {
  await sql`update stock_balance set quantity_milli = quantity_milli - 1000 where item_id = ${itemId}`.execute(db)
  await publishChanges(db)
}

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 10 })
const exceptions = (db: Database) => db.selectFrom('exception').select(['kind', 'state', 'message']).execute()

it('[AVL23] a new subscriber gets the figure of every key, then what changes, signed, in order, and only of its stores', async () => {
  const { db } = await stocked()
  await enrolModelDevice(db, 'S2')
  const [all, other, later] = [await receiverNow(), await receiverNow(), await receiverNow()]
  all.secrets = [(await createSubscription(db, { url: all.url, from: 'all' })).secret]
  await createSubscription(db, { url: other.url, storeIds: ['S2'], from: 'all' })
  await createSubscription(db, { url: later.url, from: 'now' })
  deliver(db, { eventsAtOnce: 2 })
  await soon(() => expect(all.taken).toHaveLength(3))
  await sell(db, 'I2')
  await soon(() => expect(all.taken).toHaveLength(4))
  expect(all.taken.at(-1)).toMatchObject({ storeId: 'S1', itemId: 'I2', onHandMilli: 99_000, availableMilli: 99_000, reservedMilli: 0 })
  expect(all.verified).toBe(3)
  const sequences = all.taken.map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  await sql`insert into stock_balance values ('S2', 'I9', 1000)`.execute(db)
  await publishChanges(db)
  await soon(() => expect(other.taken.map(({ itemId }) => itemId)).toEqual(['I9']))
  await soon(() => expect(later.taken.map(({ itemId }) => itemId)).toEqual(['I2', 'I9']))
  await soon(async () => expect((await listSubscriptions(db)).map(({ behind }) => behind)).toEqual([0, 0, 0]))
})

it('[AVL23] a subscriber that is dead or hangs holds up no other, and hears the newest alone when it is back', async () => {
  const { db } = await stocked()
  const [well, dead, slow] = [await receiverNow(), await receiverNow(), await receiverNow()]
  dead.behave = () => 503
  slow.behave = () => 'hang'
  for (const { url } of [dead, slow, well]) await createSubscription(db, { url, from: 'all' })
  const delivery = deliver(db)
  for (let n = 0; n < 20; n++) {
    await sell(db, 'I1')
    delivery.ring()
    await soon(() => expect(well.newest().get('S1 I1')?.onHandMilli).toBe(99_000 - n * 1_000))
  }
  expect([dead.taken, slow.taken]).toEqual([[], []])
  dead.behave = () => 200
  slow.behave = () => 200
  for (const receiver of [dead, slow]) {
    await soon(() => expect(receiver.newest().get('S1 I1')?.onHandMilli).toBe(80_000))
    expect(receiver.taken.filter(({ itemId }) => itemId === 'I1')).toHaveLength(1)
  }
  await soon(async () =>
    expect((await listSubscriptions(db)).map(({ failures, last_error }) => [failures, last_error])).toEqual(Array(3).fill([0, null])),
  )
})

it('[AVL23] what was taken and not acknowledged comes again with the same ids', async () => {
  const { db } = await stocked()
  const receiver = await receiverNow()
  receiver.behave = () => (receiver.attempts < 3 ? 'lost' : 200)
  await createSubscription(db, { url: receiver.url, from: 'all' })
  deliver(db)
  await soon(() => expect(receiver.taken).toHaveLength(9))
  expect(new Set(receiver.ids).size).toBe(1)
  expect(new Set(receiver.taken.map(({ eventId }) => eventId)).size).toBe(3)
})

it('[AVL23] of two processes one delivers, and the other goes on when it is gone', async () => {
  const { db, anotherPool } = await stocked()
  const receiver = await receiverNow()
  await createSubscription(db, { url: receiver.url, from: 'all' })
  const first = deliver(anotherPool())
  await soon(() => expect(receiver.taken).toHaveLength(3))
  deliver(db)
  for (let n = 0; n < 10; n++) await sell(db, 'I1')
  await soon(() => expect(receiver.newest().get('S1 I1')?.onHandMilli).toBe(90_000))
  expect(new Set(receiver.taken.map(({ eventId }) => eventId)).size).toBe(receiver.taken.length)
  await first.stop()
  await sell(db, 'I2')
  await soon(() => expect(receiver.newest().get('S1 I2')?.onHandMilli).toBe(99_000))
})

it('[AVL24] Retry-After is waited for, redirects are not followed, and a name that is refused later is not called', async () => {
  const { db } = await stocked()
  const [busy, moved] = [await receiverNow(), await receiverNow()]
  busy.behave = () => 429
  busy.answerHeaders = { 'retry-after': '3600' }
  moved.behave = () => 302
  moved.answerHeaders = { location: busy.url }
  await createSubscription(db, { url: busy.url, from: 'all' })
  await createSubscription(db, { url: moved.url, from: 'all' })
  await createSubscription(db, { url: 'https://10.0.0.1/hook', from: 'all' })
  deliver(db)
  await soon(async () => {
    const [first, second, third] = await listSubscriptions(db)
    expect([first?.last_error, second?.last_error]).toEqual(['It answered 429.', 'It answered 302; redirects are not followed.'])
    expect(third?.last_error).toMatch(/inside a network/)
    expect(second?.failures).toBeGreaterThan(2)
    expect((first?.next_attempt_at.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000)
  })
  expect(busy.attempts).toBe(1)
})

it('[AVL24] while a secret is exchanged both sign; afterwards the new one alone', async () => {
  const { db } = await stocked()
  const receiver = await receiverNow()
  const { secret: old, subscription_id } = await createSubscription(db, { url: receiver.url, from: 'all' })
  const fresh = (await rotateSecret(db, subscription_id))?.secret ?? ''
  receiver.secrets = [old, fresh]
  deliver(db)
  await soon(() => expect(receiver.verified).toBe(2))
  await sql`update subscription set previous_until = now()`.execute(db)
  receiver.secrets = [fresh]
  await sell(db, 'I1')
  await soon(() => expect(receiver.verified).toBe(3))
  receiver.secrets = [old]
  await sell(db, 'I1')
  await soon(async () => expect((await listSubscriptions(db))[0]?.last_error).toBe('It answered 400.'))
})

it('[AVL25] one that fails for long is down, with an exception that ends by itself at the first delivery', async () => {
  const { db } = await stocked()
  const receiver = await receiverNow()
  receiver.behave = () => 500
  await createSubscription(db, { url: receiver.url, from: 'all' })
  deliver(db, { policy: { ...quick, downAfterMs: 300 } })
  await soon(async () => {
    expect(await exceptions(db)).toMatchObject([
      { kind: 'SUBSCRIBER_DOWN', state: 'open', message: expect.stringContaining('It answered 500.') },
    ])
    expect(await listSubscriptions(db)).toMatchObject([{ state: 'down', behind: 3 }])
  })
  receiver.behave = () => 204
  await soon(async () => expect(await exceptions(db)).toMatchObject([{ state: 'resolved' }]))
  expect(receiver.taken).toHaveLength(3)
})

it('[AVL25] one that answered 410 gets nothing more until it is taken up again; what was deleted leaves no exception', async () => {
  const { db } = await stocked()
  const receiver = await receiverNow()
  receiver.behave = () => 410
  const { subscription_id } = await createSubscription(db, { url: receiver.url, from: 'all' })
  deliver(db)
  await soon(async () => expect(await exceptions(db)).toMatchObject([{ state: 'open', message: expect.stringContaining('gone') }]))
  receiver.behave = () => 200
  await sell(db, 'I1')
  await redeliver(db, subscription_id, { afterSequence: 0 })
  await soon(() => expect(receiver.taken).toHaveLength(3))
  await soon(async () => expect(await exceptions(db)).toMatchObject([{ state: 'resolved' }]))
  expect(receiver.attempts).toBe(2)

  receiver.behave = () => 410
  await sell(db, 'I1')
  await soon(async () => expect(await exceptions(db)).toMatchObject([{ state: 'open' }]))
  expect(await deleteSubscription(db, subscription_id)).toBe(true)
  expect(await exceptions(db)).toMatchObject([{ state: 'resolved' }])
})

it('[AVL23] an operator has sent again what changed since a moment, once of each key', async () => {
  const { db } = await stocked()
  const receiver = await receiverNow()
  const { subscription_id } = await createSubscription(db, { url: receiver.url, from: 'all' })
  deliver(db)
  await soon(() => expect(receiver.taken).toHaveLength(3))
  const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db)
  await sell(db, 'I1')
  await sell(db, 'I1')
  await soon(() => expect(receiver.newest().get('S1 I1')?.onHandMilli).toBe(98_000))
  await soon(async () => expect(await listSubscriptions(db)).toMatchObject([{ behind: 0 }]))
  receiver.taken.length = 0
  await redeliver(db, subscription_id, { since: rows[0]?.at.toISOString() ?? '' })
  await soon(() => expect(receiver.taken.map(({ itemId, onHandMilli }) => [itemId, onHandMilli])).toEqual([['I1', 98_000]]))
})
