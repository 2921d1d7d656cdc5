/** What stores found wrong themselves, as the hub shows it: newest word, lives, stores, rebuilds. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { exceptionProjection } from '#hub/exception/exception-projection.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import type { Database } from '#hub/storage/database.ts'
import { type StoreException, storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { sql } from 'kysely'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, modelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const missing = (state: StoreException['state'], number = 1_043, message = `Till 2: receipt ${number} is missing.`): StoreException =>
  storeExceptionSchema.parse({
    exceptionId: `MISSING_NUMBER:2|2026-01-31|${number}`,
    kind: 'MISSING_NUMBER',
    state,
    message,
    workstationId: '2',
    businessDay: '2026-01-31',
    sequenceNumber: number,
  })

const say = (device: ModelDevice, exception: StoreException, capturedAt = '2026-01-31T10:00:01.000Z') =>
  device.append(JSON.stringify(exception), 'exception', capturedAt)

/** The next life of the same disk, or of an image of it: it begins with the first `count` records, word for word. */
const nextLife = (device: ModelDevice, incarnation: string, count: number): ModelDevice => {
  const life = modelDevice({ ...device, incarnation })
  for (const { payload, kind, capturedAt } of device.journal.slice(0, count)) life.append(payload, kind, capturedAt)
  return life
}

const deliver = async (db: Database, ...devices: ModelDevice[]): Promise<void> => {
  for (const device of devices) expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
  await drainProjection(db, exceptionProjection)
}

const shown = (db: Database) =>
  db
    .selectFrom('exception')
    .select(['exception_id', 'kind', 'state', 'message', 'natural_key', 'workstation_id', 'business_day', 'sequence_number'])
    .orderBy('exception_id')
    .execute()
const states = async (db: Database): Promise<string[]> => (await shown(db)).map((row) => row.state)

it('[HUB7] [CMP3] a store’s exception is open, ends by its own word, and opens again; the newest record counts', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  say(device, missing('open'))
  await deliver(db, device)
  expect(await shown(db)).toEqual([
    {
      exception_id: 'store:S1:MISSING_NUMBER:2|2026-01-31|1043',
      kind: 'MISSING_NUMBER',
      state: 'open',
      message: 'Till 2: receipt 1043 is missing.',
      natural_key: 'S1|2|2026-01-31|1043',
      workstation_id: '2',
      business_day: '2026-01-31',
      sequence_number: 1_043,
    },
  ])
  say(device, missing('resolved', 1_043, 'Receipt 1043 of till 2 has arrived.'))
  await deliver(db, device)
  expect(await shown(db)).toMatchObject([{ state: 'resolved', message: 'Receipt 1043 of till 2 has arrived.' }])
  const [{ resolved_at: resolvedAt } = { resolved_at: null }] = await db.selectFrom('exception').select('resolved_at').execute()
  expect(resolvedAt).toBeInstanceOf(Date)
  say(device, missing('open'))
  say(device, missing('resolved'))
  say(device, missing('open'))
  await deliver(db, device)
  expect(await db.selectFrom('exception').select(['state', 'resolved_at']).execute()).toEqual([{ state: 'open', resolved_at: null }])
})

it('[HUB7] the same exception of two stores is two; stores whose numbers run together are told apart', async () => {
  const { db } = await server.fresh()
  const devices = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2'), await enrolModelDevice(db, 'S1:MISSING_NUMBER')]
  for (const device of devices) say(device, missing('open'))
  const [, second, third] = devices
  say(second!, missing('resolved'))
  say(third!, storeExceptionSchema.parse({ ...missing('open'), exceptionId: '2|2026-01-31|1043' }))
  await deliver(db, ...devices)
  expect((await shown(db)).map((row) => [row.exception_id, row.state])).toEqual([
    ['store:S1%3AMISSING_NUMBER:2|2026-01-31|1043', 'open'],
    ['store:S1%3AMISSING_NUMBER:MISSING_NUMBER:2|2026-01-31|1043', 'open'],
    ['store:S1:MISSING_NUMBER:2|2026-01-31|1043', 'open'],
    ['store:S2:MISSING_NUMBER:2|2026-01-31|1043', 'resolved'],
  ])
})

it('[HUB7] [CAP13] a new life that carries an old word neither doubles the exception nor opens it again; its own word counts', async () => {
  const { db } = await server.fresh()
  const old = await enrolModelDevice(db)
  say(old, missing('open'))
  say(old, missing('open', 7))
  say(old, missing('resolved'), '2026-01-31T11:00:00.000Z')
  await deliver(db, old)
  // An image from before 1043 arrived was put back.
  const restored = nextLife(old, 'bbbbbbbbbbbb', 2)
  await deliver(db, restored)
  expect(await states(db)).toEqual(['resolved', 'open'])
  say(restored, missing('resolved', 7), '2026-02-01T09:00:00.000Z')
  await deliver(db, restored)
  expect(await states(db)).toEqual(['resolved', 'resolved'])
  say(restored, missing('open'), '2026-02-01T10:00:00.000Z')
  await deliver(db, restored)
  expect(await states(db)).toEqual(['open', 'resolved'])
  const third = nextLife(restored, 'cccccccccccc', restored.journal.length)
  say(third, missing('resolved'), '2026-02-02T10:00:00.000Z')
  await deliver(db, third)
  expect(await states(db)).toEqual(['resolved', 'resolved'])
})

it('[HUB2] [HUB7] rebuilt from nothing but the log equals live, however lives and workers interleave', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  const word = fc.record({ number: fc.integer({ min: 1, max: 3 }), state: fc.constantFrom('open' as const, 'resolved' as const) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1, maxLength: 8 }),
      fc.array(word, { maxLength: 6 }),
      fc.nat(8),
      fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { maxLength: 8 }),
      async (first, second, carried, steps) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, exception, store_exception_record cascade`.execute(
          db,
        )
        const old = await enrolModelDevice(db)
        for (const [index, { number, state }] of first.entries()) say(old, missing(state, number), `2026-01-31T10:00:0${index}.000Z`)
        const life = nextLife(old, 'bbbbbbbbbbbb', carried)
        for (const [index, { number, state }] of second.entries()) say(life, missing(state, number), `2026-01-31T11:00:0${index}.000Z`)
        const lives = [life, old].filter((each) => each.journal.length > 0)
        for (const each of lives) await acceptBatch(db, each, each.journal)
        await Promise.all(steps.map(([owner, pool]) => advanceStream(pools[pool]!, exceptionProjection, lives[owner] ?? old)))
        await drainProjection(db, exceptionProjection)
        const live = await shown(db)
        expect(live.length).toBe(new Set([...first, ...(life.journal.length > 0 ? second : [])].map(({ number }) => number)).size)
        await rebuildProjection(db, exceptionProjection)
        expect(await shown(db)).toEqual(live)
        await sql`truncate exception, store_exception_record`.execute(db)
        await rebuildProjection(db, exceptionProjection)
        expect(await shown(db)).toEqual(live)
      },
    ),
    { numRuns: 15 },
  )
})

it('[HUB7] /v1/exceptions shows till, day, number and money of what a store found', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  say(device, storeExceptionSchema.parse({ ...missing('open'), amountMinor: 12_345, currency: 'EUR' }))
  device.sell(5, { totals: { netMinor: 222, taxMinor: 16, grandMinor: 999 } })
  await deliver(db, device)
  // A worker would find that the catalogue has no such item, sooner or later.
  const hub = await startHub({ DATABASE_URL: url, TIDELINE_ROLES: 'gateway' })
  const { body } = await hub.get('/v1/exceptions?storeId=S1')
  expect((body as { exceptions: Record<string, unknown>[] }).exceptions).toMatchObject([
    { kind: 'DOES_NOT_ADD_UP', workstationId: '1', businessDay: '2026-01-31', sequenceNumber: 5 },
    {
      kind: 'MISSING_NUMBER',
      owner: 'store',
      workstationId: '2',
      businessDay: '2026-01-31',
      sequenceNumber: 1_043,
      amountMinor: 12_345,
      currency: 'EUR',
      action: expect.stringContaining('till'),
      recordId: `${device.deviceId}:${device.incarnation}:1`,
    },
  ])
})
