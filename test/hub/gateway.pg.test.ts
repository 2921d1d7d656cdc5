import { generateKeyPairSync } from 'node:crypto'
import { writeFeed } from '#hub/catalogue/feed.ts'
import { revokeDevice } from '#hub/enrolment/enrolment.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { protocol } from '#sync/contract/protocol.ts'
import { type ChainedFields, chainText, genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { expect, it, vi } from 'vitest'
import { type TestDatabase, withDatabase } from './database.ts'
import { enrolModelDevice, modelDevice, sha256 } from './model-device.ts'
import { withGateways } from './running-gateway.ts'
import type { WireClient } from './wire-client.ts'

type ChainedRecord = ChainedFields & { payload: string }

const server = withDatabase()
const { start: gatewayOn, connect: client } = withGateways()

/** The same records as the journal of a till's faulty agent would have them: hashed as they are, in an unbroken chain. */
const relink = (records: readonly ChainedRecord[]): ChainedRecord[] => {
  let head: string = genesisHash
  return records.map((record) => {
    const linked = { ...record, payloadHash: sha256(record.payload), previousHash: head }
    head = sha256(chainText(linked))
    return linked
  })
}

const settings = (name: string) => storeSettingsSchema.parse({ storeId: 'S1', name, currency: 'EUR', timeZone: 'Europe/Berlin' })

const settingsPokes = ({ pushed }: WireClient): number =>
  pushed.filter(({ event, message }) => event === 'poke' && (message as { feed: string }).feed === 'settings').length

/** Changes the settings of S1 until all have heard of it: what is notified before a gateway's LISTEN stands is not heard. */
const untilPoked = async ({ db }: TestDatabase, clients: readonly WireClient[]): Promise<void> => {
  const before = clients.map(settingsPokes)
  let change = 0
  await vi.waitFor(async () => {
    await db.transaction().execute((trx) => writeFeed(trx, 'settings', 'S1', [settings(`name ${++change}`)]))
    expect(clients.every((each, index) => settingsPokes(each) > (before[index] ?? 0))).toBe(true)
  }, 10_000)
}

it('[TRN11] [TRN9] hello: unknown, revoked, wrongly signed, below the floor and malformed are refused; a newer client is welcome', async () => {
  const database = await server.fresh()
  const url = await gatewayOn(database)
  const device = await enrolModelDevice(database.db)
  const stranger = modelDevice({ deviceId: 'dev-aaaaaaaaaaaa', storeId: 'S1', privateKey: generateKeyPairSync('ed25519').privateKey })
  const one = client(url)
  expect(await one.send('batch', { records: [] })).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await one.send('hello', { nonsense: true })).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await one.hello(stranger)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_DEVICE' })
  expect(await one.hello(device, { signature: device.hello('another nonce')['signature'] })).toMatchObject({
    outcome: 'refused',
    code: 'BAD_SIGNATURE',
  })
  expect(await one.hello(device, { protocolVersion: 0 })).toMatchObject({ outcome: 'refused' })
  expect(await one.hello(device, { protocolVersion: 7, somethingNew: 1 })).toMatchObject({
    outcome: 'welcome',
    protocolVersion: protocol.version,
    ackedSeq: 0,
    storeId: 'S1',
  })
  await revokeDevice(database.db, device.deviceId)
  expect(await client(url).hello(device)).toMatchObject({ outcome: 'refused', code: 'REVOKED_DEVICE' })
})

it('[TRN8] a malformed or unknown message is refused and the connection stays', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  device.sell(1)
  const one = client(await gatewayOn(database))
  await one.hello(device)
  expect(await one.send('batch', { records: [{ ...device.journal[0], seq: 'one' }] })).toMatchObject({
    outcome: 'refused',
    code: 'UNKNOWN_MESSAGE',
  })
  expect(await one.send('pull', { feed: 'of the future', after: 0, limit: 1 })).toMatchObject({
    outcome: 'refused',
    code: 'UNKNOWN_MESSAGE',
  })
  expect(await one.send('of the future', {})).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await one.send('batch', { records: device.journal })).toEqual({ outcome: 'acknowledged', ackedSeq: 1, verdicts: [] })
})

it('[TRN7] a record outside the contract is kept quarantined, the others of its batch count, and so does the next batch', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 5; n++) device.sell(n)
  const [first, second, third, fourth, fifth] = device.journal as [
    TidelineRecord,
    TidelineRecord,
    TidelineRecord,
    TidelineRecord,
    TidelineRecord,
  ]
  const long = { ...second, payload: `{"long":"${'x'.repeat(400_000)}"}` }
  const odd = { ...fourth, kind: 'of the future\u0000', capturedAt: 'yesterday', more: 1 }
  const one = client(await gatewayOn(database))
  await one.hello(device)
  const relinked = relink([first, long, third, odd, fifth])
  const answer = await one.send('batch', { records: relinked.slice(0, 4) })
  expect(answer).toMatchObject({ outcome: 'acknowledged', ackedSeq: 4 })
  expect(answer['verdicts']).toMatchObject([
    { seq: 2, verdict: 'quarantined', reason: expect.stringMatching(/^INVALID: payload: /) },
    { seq: 4, verdict: 'quarantined', reason: expect.stringMatching(/^INVALID: kind: .*; capturedAt: /) },
  ])
  // Sent again, the same is said again.
  expect(await one.send('batch', { records: relinked.slice(0, 4) })).toEqual(answer)
  expect(await one.send('batch', { records: relinked.slice(4) })).toEqual({ outcome: 'acknowledged', ackedSeq: 5, verdicts: [] })
  const kept = await database.db.selectFrom('record_log').select(['seq', 'payload', 'verdict']).orderBy('seq').execute()
  expect(kept.map(({ verdict }) => verdict)).toEqual(['accepted', 'quarantined', 'accepted', 'quarantined', 'accepted'])
  expect(JSON.parse(kept[1]?.payload ?? '')).toEqual(relinked[1])
  expect(JSON.parse(kept[3]?.payload ?? '')).toEqual(relinked[3])
})

it('[TRN2] more batches at once than allowed are refused as transient; those taken are in order', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 10; n++) device.sell(n)
  const one = client(await gatewayOn(database))
  await one.hello(device)
  const answers = await Promise.all(device.journal.map((record) => one.send('batch', { records: [record] })))
  expect(answers.slice(0, 4).map((answer) => answer['ackedSeq'])).toEqual([1, 2, 3, 4])
  expect(answers.slice(4).every((answer) => answer['outcome'] === 'refused' && answer['code'] === 'HUB_UNAVAILABLE')).toBe(true)
})

it('[TRN6] a feed written anywhere pokes the sockets of its store at every gateway, and the pull is paged', async () => {
  const database = await server.fresh()
  const [first, second] = [await gatewayOn(database), await gatewayOn(database)]
  const mine = await enrolModelDevice(database.db, 'S1')
  const other = await enrolModelDevice(database.db, 'S2')
  const [a, b, c] = [client(first), client(second), client(second)]
  const again = modelDevice({ ...mine, incarnation: 'bbbbbbbbbbbb' })
  await Promise.all([a.hello(mine), b.hello(again), c.hello(other)])
  await untilPoked(database, [a, b])
  expect(settingsPokes(c)).toBeLessThan(2)
  const page = await a.send('pull', { feed: 'settings', after: 0, limit: 1 })
  expect(page).toMatchObject({ outcome: 'pulled', more: false, entries: [{ id: 'S1', deleted: false }] })
  expect(await a.send('pull', { feed: 'settings', after: page['checkpoint'], limit: 1 })).toMatchObject({
    entries: [],
    checkpoint: page['checkpoint'],
  })
})

it('[TRN11] revoking dismisses the session at whichever gateway holds it', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  const one = client(await gatewayOn(database))
  await one.hello(device)
  const gone = new Promise((settle) => one.socket.once('disconnect', settle))
  await untilPoked(database, [one])
  await revokeDevice(database.db, device.deviceId)
  await gone
  expect(one.pushed.at(-1)).toMatchObject({ event: 'dismiss', message: { code: 'REVOKED_DEVICE' } })
})

it('[CAP3] a newer session of the same journal dismisses the older, across gateways; another journal of the device stays', async () => {
  const database = await server.fresh()
  const [first, second] = [await gatewayOn(database), await gatewayOn(database)]
  const device = await enrolModelDevice(database.db)
  const other = modelDevice({ ...device, incarnation: 'bbbbbbbbbbbb' })
  const [older, stays] = [client(first), client(first)]
  await older.hello(device)
  await stays.hello(other)
  const gone = new Promise((settle) => older.socket.once('disconnect', settle))
  await untilPoked(database, [older])
  const newer = client(second)
  expect(await newer.hello(device)).toMatchObject({ outcome: 'welcome' })
  await gone
  expect(older.pushed.at(-1)).toMatchObject({ event: 'dismiss', message: { code: 'SESSION_REPLACED' } })
  expect([newer.socket.connected, stays.socket.connected]).toEqual([true, true])
})

it('[TRN1] while the database is away batches are refused as transient; afterwards the same connection goes on', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 3; n++) device.sell(n)
  const one = client(await gatewayOn(database))
  await one.hello(device)
  expect(await one.send('batch', { records: device.journal.slice(0, 1) })).toMatchObject({ ackedSeq: 1 })
  const answers: unknown[] = []
  const restarted = server.restart()
  let done = false
  void restarted.then(() => (done = true))
  while (!done) answers.push((await one.send('batch', { records: device.journal.slice(0, 2) }))['code'] ?? 'acknowledged')
  expect(new Set(answers)).toEqual(new Set(['acknowledged', 'HUB_UNAVAILABLE']))
  await vi.waitFor(
    async () => expect(await one.send('batch', { records: device.journal })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 3 }),
    10_000,
  )
})
