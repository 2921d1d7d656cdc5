/** An agent of protocol 2, as a socket that takes nothing but what that protocol says, and a packed batch beside it. */
import { deflateRawSync } from 'node:zlib'
import { writeFeed } from '#hub/catalogue/feed.ts'
import { notifyDevice } from '#hub/enrolment/device-channel.ts'
import { revokeDevice } from '#hub/enrolment/enrolment.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { upMessages } from '#sync/contract/up.ts'
import { answersOf2, pushesOf2 } from '#test/fixtures/protocol-2.ts'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'

const server = withDatabase()
const gateways = withGateways()

it('[TRN12] an agent of protocol 2 sells, pulls, fetches and is revoked without hearing one word of protocol 3', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 6; n++) device.sell(n)
  const wire = gateways.connect(await gateways.start(database))
  const ask = async <E extends keyof typeof answersOf2>(event: E, message: unknown) =>
    answersOf2[event].parse(await wire.send(event, message)) as { outcome: string }
  const hello = { ...device.hello(await wire.nonce()), protocolVersion: 2 }
  expect(await ask('hello', { ...hello, signature: 'wrong' })).toMatchObject({ outcome: 'refused', code: 'BAD_SIGNATURE' })
  expect(await ask('hello', hello)).toMatchObject({ outcome: 'welcome', ackedSeq: 0 })
  expect(await ask('batch', { records: device.journal.slice(0, 3) })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 3 })
  expect(await ask('batch', { records: device.journal.slice(4) })).toEqual({ outcome: 'gap', expectedSeq: 4 })
  expect(await ask('batch', { records: device.journal })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 6 })
  expect(await ask('batch', { records: [] })).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await ask('pull', { feed: 'settings', after: 0, limit: 10 })).toMatchObject({ outcome: 'pulled', more: false })
  expect(await ask('fetch', { incarnation: device.incarnation, fromSeq: 1, toSeq: 9 })).toMatchObject({ records: device.journal })
  const settings = storeSettingsSchema.parse({ storeId: 'S1', name: 'One', currency: 'EUR', timeZone: 'Europe/Berlin' })
  let change = 0
  await vi.waitFor(async () => {
    await notifyDevice(database.db, { event: 'ask', deviceId: device.deviceId, ask: { what: 'report' } })
    await database.db.transaction().execute((trx) => writeFeed(trx, 'settings', 'S1', [{ ...settings, name: `One ${++change}` }]))
    expect(wire.pushed.some(({ event }) => event === 'poke')).toBe(true)
  }, 10_000)
  await revokeDevice(database.db, device.deviceId)
  await vi.waitFor(() => expect(wire.pushed.at(-1)?.event).toBe('dismiss'))
  for (const { event, message } of wire.pushed) expect(pushesOf2[event]?.safeParse(message).success, event).toBe(true)
})

it('[TRN13] [TRN2] packed and plain batches take turns; one that is not what it says changes nothing', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 900; n++) device.sell(n)
  const wire = gateways.connect(await gateways.start(database))
  await wire.hello(device, { protocolVersion: 3 })
  const packed = (from: number, to: number, change = {}) => {
    const text = JSON.stringify({ records: device.journal.slice(from - 1, to) })
    return wire.send('packedBatch', { codec: 'deflate-raw', bytes: deflateRawSync(text), fromSeq: from, count: to - from + 1, ...change })
  }
  expect(await packed(1, 400, { count: 399 })).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  const answers = await Promise.all([
    packed(1, 400),
    wire.send('batch', { records: device.journal.slice(400, 500) }),
    packed(501, 700),
    packed(701, 900),
    packed(701, 900),
  ])
  expect(answers.map((answer) => upMessages.packedBatch.response.parse(answer))).toMatchObject([
    { outcome: 'acknowledged', ackedSeq: 400 },
    { outcome: 'acknowledged', ackedSeq: 500 },
    { outcome: 'acknowledged', ackedSeq: 700 },
    { outcome: 'acknowledged', ackedSeq: 900 },
    { outcome: 'refused', code: 'HUB_UNAVAILABLE' },
  ])
  const logged = await database.db.selectFrom('record_log').select('seq').where('verdict', '=', 'accepted').execute()
  expect(logged).toHaveLength(900)
})
