/** Availability events on a real NATS JetStream, which is killed while events are published. */
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type AvailabilityEvent, availabilityEventSchema } from '#hub/events/event.ts'
import { newsChannel } from '#hub/events/news-channel.ts'
import { listSubscriptions } from '#hub/events/subscriptions.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { afterEach, expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { createNatsServer, type NatsServer } from './nats-server.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()
const servers: NatsServer[] = []
afterEach(async () => {
  for (const each of servers.splice(0)) await each.remove()
})

const natsNow = async (): Promise<NatsServer> => {
  const nats = await createNatsServer()
  servers.push(nats)
  await nats.start()
  return nats
}

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 50 })
const stream = 'TIDELINE_AVAILABILITY'

/** The newest event of each subject, as a consumer that comes late gets it, and how many the stream ever stored. */
const readStream = async (nats: NatsServer): Promise<{ events: Map<string, AvailabilityEvent>; stored: number }> => {
  const connection = await connect({ servers: nats.url, reconnect: false })
  try {
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info(stream, { subjects_filter: '>' })
    const events = new Map<string, AvailabilityEvent>()
    for (const subject of Object.keys(state.subjects ?? {})) {
      const message = await manager.streams.getMessage(stream, { last_by_subj: subject })
      if (message) events.set(subject, availabilityEventSchema.parse(message.json()))
    }
    return { events, stored: state.last_seq }
  } finally {
    await connection.close()
  }
}

const stocked = async (items: number) => {
  const { db, url } = await server.fresh()
  await enrolModelDevice(db)
  await sql`insert into stock_balance select 'S1', 'I' || n, 1000000 from generate_series(1, ${items}::int) n`.execute(db)
  return { db, url }
}

/** Told at once, as a merge tells it. */
const sell = (db: Database, item: number) =>
  sql`with sold as (update stock_balance set quantity_milli = quantity_milli - 1000 where item_id = ${`I${item}`} returning 1)
    select pg_notify(${newsChannel}, 'marked test') from sold`.execute(db)

it('[AVL26] the stream is made, holds the newest event of each key under its subject, and stores each event once', async () => {
  const nats = await natsNow()
  const { db, url } = await stocked(3)
  await sql`insert into stock_balance values ('S1', 'a.b *', 5000)`.execute(db)
  const hub = await startHub({ DATABASE_URL: url, TIDELINE_NATS_URL: nats.url })
  await soon(async () => expect((await readStream(nats)).events.size).toBe(4))
  await sell(db, 2)
  await soon(async () => expect((await readStream(nats)).events.get('tideline.availability.S1.I2')?.onHandMilli).toBe(999_000))
  const { events, stored } = await readStream(nats)
  expect([...events.keys()].sort()).toEqual(['I1', 'I2', 'I3', 'a=2Eb=20=2A'].map((token) => `tideline.availability.S1.${token}`).sort())
  expect(events.get('tideline.availability.S1.a=2Eb=20=2A')).toMatchObject({ itemId: 'a.b *', onHandMilli: 5_000 })
  expect(await hub.get('/v1/subscriptions/nats')).toMatchObject({ status: 200, body: { kind: 'nats', url: nats.url, behind: 0 } })
  // Sent again, as after a lost acknowledgement: the ids are known.
  await hub.post('/v1/subscriptions/nats/redeliver', { afterSequence: 0 })
  await soon(async () => expect(await listSubscriptions(db, 'nats')).toMatchObject([{ behind: 0 }]))
  expect((await readStream(nats)).stored).toBe(stored)
})

it('[AVL26] a server that is killed while events are published, again and again, ends with the newest figure of every key', async () => {
  const nats = await natsNow()
  const items = 40
  const { db, url } = await stocked(items)
  await startHub({ DATABASE_URL: url, TIDELINE_NATS_URL: nats.url })
  await soon(async () => expect((await readStream(nats)).events.size).toBe(items))
  let sold = 0
  const sellFor = async (sales: number): Promise<void> => {
    for (let n = 0; n < sales; n++) await sell(db, ((sold++ * 7) % items) + 1)
  }
  for (let kill = 0; kill < 3; kill++) {
    const selling = sellFor(150)
    await soon(async () => {
      const { rows } = await sql<{
        sequence: number
      }>`select sequence from subscription where subscription_id = 'nats' and delivered_at is not null`.execute(db)
      expect(rows).toHaveLength(1)
    })
    await nats.kill()
    await selling
    await soon(async () => expect((await listSubscriptions(db, 'nats'))[0]?.failures).toBeGreaterThan(0))
    await nats.start()
  }
  await soon(async () => {
    const { events } = await readStream(nats)
    const balances = await db.selectFrom('stock_balance').select(['item_id', 'quantity_milli']).orderBy('item_id').execute()
    expect(balances.map(({ item_id }) => events.get(`tideline.availability.S1.${item_id}`)?.onHandMilli)).toEqual(
      balances.map(({ quantity_milli }) => quantity_milli),
    )
  })
  await soon(async () => expect(await listSubscriptions(db, 'nats')).toMatchObject([{ failures: 0, behind: 0, last_error: null }]))
})
