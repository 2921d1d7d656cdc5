/**
 * Whatever order changes, publications, failed and lost deliveries, restarts and take-overs come in: what each subscriber heard last of a key
 * is the figure at rest, and no key's sequence number ever went back [AVL23].
 */
import { startDelivery } from '#hub/events/delivery.ts'
import type { AvailabilityEvent } from '#hub/events/event.ts'
import { publishChanges } from '#hub/events/publication.ts'
import { retryPolicy, type Sent } from '#hub/events/standing.ts'
import { createSubscription, listSubscriptions, redeliver } from '#hub/events/subscriptions.ts'
import type { Transport } from '#hub/events/transport.ts'
import type { Database } from '#hub/storage/database.ts'
import * as fc from 'fast-check'
import { sql } from 'kysely'
import pino from 'pino'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'

const server = withDatabase()
const log = pino({ level: 'silent' })
const keys = ['A', 'B', 'C']
const subscribers = ['https://one.example/', 'https://two.example/']

type Outcome = 'delivered' | 'failed' | 'lost' | 'slow'
type Step =
  | { step: 'change'; key: number; by: number }
  | { step: 'publish'; limit: number }
  | { step: 'answer'; subscriber: number; outcomes: Outcome[] }
  | { step: 'start' | 'stop' | 'take-over'; process: number }
  | { step: 'redeliver'; subscriber: number }

const index = (of: number) => fc.integer({ min: 0, max: of - 1 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ step: fc.constant('change' as const), key: index(keys.length), by: fc.integer({ min: -3, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ step: fc.constant('publish' as const), limit: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ step: fc.constant('answer' as const), subscriber: index(subscribers.length) },
      outcomes: fc.array(fc.constantFrom<Outcome>('delivered', 'failed', 'lost', 'slow'), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ step: fc.constantFrom('start' as const, 'stop' as const, 'take-over' as const), process: index(2) }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('redeliver' as const), subscriber: index(subscribers.length) }) },
)

/** A subscriber in memory, with answers scripted one by one; without one left it takes what comes. */
const createSubscribers = () => {
  const state = new Map(subscribers.map((url) => [url, { heard: [] as AvailabilityEvent[], outcomes: [] as Outcome[] }]))
  const at = (url: string) => state.get(url) ?? { heard: [], outcomes: [] }
  const transport: Transport = {
    send: async ({ url }, events): Promise<Sent> => {
      const outcome = at(url).outcomes.shift() ?? 'delivered'
      if (outcome === 'slow') await new Promise((settle) => setImmediate(settle))
      if (outcome !== 'failed') at(url).heard.push(...events)
      return outcome === 'failed' || outcome === 'lost' ? { outcome: 'failed', message: outcome } : { outcome: 'delivered' }
    },
    close: async () => undefined,
  }
  return { at, transport }
}

/** A position that is put back repeats what is newest; an older event than was heard never comes. */
const expectOrder = (heard: readonly AvailabilityEvent[]): void => {
  const newest = new Map<string, number>()
  for (const { itemId, sequence } of heard) {
    expect(sequence).toBeGreaterThanOrEqual(newest.get(itemId) ?? 0)
    newest.set(itemId, sequence)
  }
}

const publishAll = async (db: Database): Promise<void> => {
  while ((await publishChanges(db)).taken > 0);
}

const runWorld = async (db: Database, world: readonly Step[]): Promise<void> => {
  await sql`truncate availability_change, availability_event, subscription, stock_balance`.execute(db)
  await sql`insert into stock_balance select 'S1', k, 100000 from unnest(${keys}::text[]) k`.execute(db)
  const { at, transport } = createSubscribers()
  const ids: string[] = []
  for (const url of subscribers) ids.push((await createSubscription(db, { url, from: 'all' })).subscription_id)
  const policy = { ...retryPolicy, baseMs: 1, capMs: 2 }
  const processes: (ReturnType<typeof startDelivery> | null)[] = [null, null]
  const start = (n: number): void => {
    processes[n] ??= startDelivery({ db, log, transports: { webhook: transport }, eventsAtOnce: 2, pollMs: 3, policy })
  }
  const stop = async (n: number): Promise<void> => {
    const before = processes[n]
    processes[n] = null
    await before?.stop()
  }
  start(0)
  try {
    for (const each of world) {
      if (each.step === 'change')
        await sql`update stock_balance set quantity_milli = quantity_milli + ${each.by * 1_000}::bigint where item_id = ${keys[each.key]}`.execute(
          db,
        )
      else if (each.step === 'publish') await publishChanges(db, each.limit)
      else if (each.step === 'answer') at(subscribers[each.subscriber] ?? '').outcomes.push(...each.outcomes)
      else if (each.step === 'start') start(each.process)
      else if (each.step === 'stop') await stop(each.process)
      else if (each.step === 'redeliver') await redeliver(db, ids[each.subscriber] ?? '', { afterSequence: 0 })
      else {
        // The process dies between two attempts: what it held is free once its time is over.
        await stop(each.process)
        await sql`update subscription set holder = 'dead', held_until = now()`.execute(db)
      }
    }
    start(0)
    await publishAll(db)
    await vi.waitFor(
      async () =>
        expect((await listSubscriptions(db)).map(({ behind, failures }) => [behind, failures])).toEqual(subscribers.map(() => [0, 0])),
      { timeout: 10_000, interval: 5 },
    )
  } finally {
    await Promise.all([stop(0), stop(1)])
  }
  const balances = await db.selectFrom('stock_balance').select(['item_id', 'quantity_milli']).execute()
  for (const url of subscribers) {
    const { heard } = at(url)
    const last = new Map(heard.map((event) => [event.itemId, event.onHandMilli]))
    expectOrder(heard)
    expect(last).toEqual(new Map(balances.map((row) => [row.item_id, row.quantity_milli])))
  }
}

it('[AVL23] any interleaving ends with the figure at rest, and no sequence number goes back', async () => {
  const { db } = await server.fresh()
  await enrolModelDevice(db)
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), (world) => runWorld(db, world)),
    { numRuns: 40, endOnFailure: true },
  )
})
