/** What agents tell of themselves, and how the hub shows it: through a listening hub and its sockets. */
import { settleClock, wordDuration } from '#hub/fleet/clock-drift.ts'
import { readFleetFigures } from '#hub/fleet/fleet-gauges.ts'
import { writeFeed } from '#hub/catalogue/feed.ts'
import type { Report } from '#sync/contract/report.ts'
import { upMessages } from '#sync/contract/up.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { digestOf, exceptionsOf, peerOf } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const reportOf = (device: ModelDevice, change: Partial<Report> = {}) => ({
  agentVersion: '3.0.0',
  platform: 'Windows 11',
  journal: { incarnation: device.incarnation, seq: device.journal.length, ackedSeq: 1, missingRecords: 0 },
  pending: { count: Math.max(0, device.journal.length - 1), oldestCapturedAt: new Date(Date.now() - 600_000).toISOString() },
  disk: { state: 'low', freeBytes: 1_000_000 },
  openExceptions: 2,
  quarantined: 1,
  feeds: { settings: 1 },
  parkedDocuments: 0,
  traffic: { open: ['urgent', 'routine'], sentBytesToday: 5, receivedBytesToday: 6, backlogSeconds: 90 },
  lastRefusal: { code: 'HUB_BUSY', at: '2026-01-31T10:00:00.000Z' },
  uptimeSeconds: 60,
  ...change,
})

interface DeviceView {
  deviceId: string
  lastHeardAt: string | null
  report: Record<string, unknown> | null
}

it('[OPS5] the hub shows what each device has and it does not, and how it fares; a watermark that moves on is taken off at once', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const silent = await enrolModelDevice(db, 'S2')
  const hub = await startHub({ DATABASE_URL: url })
  for (let number = 1; number <= 5; number++) device.sell(number)
  const settings = { storeId: 'S1', name: 'renamed', currency: 'EUR', timeZone: 'Europe/Berlin' }
  await db.transaction().execute((trx) => writeFeed(trx, 'settings', 'S1', [storeSettingsSchema.parse(settings)]))
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  await wire.send('batch', { records: device.journal.slice(0, 1) })
  const answer = upMessages.report.response.parse(await wire.send('report', reportOf(device)))
  expect(answer).toMatchObject({ outcome: 'reported' })
  if (answer.outcome === 'reported') expect(Math.abs(Date.parse(answer.hubTime) - Date.now())).toBeLessThan(60_000)

  const view = async (): Promise<DeviceView[]> => ((await hub.get('/v1/devices')).body as { devices: DeviceView[] }).devices
  const [shown, quiet] = await view()
  expect(shown).toMatchObject({
    deviceId: device.deviceId,
    report: {
      ...{ agentVersion: '3.0.0', platform: 'Windows 11', pendingRecords: 4, disk: { state: 'low', freeBytes: 1_000_000 } },
      ...{ openExceptions: 2, quarantined: 1, clock: null, lastRefusal: { code: 'HUB_BUSY' }, uptimeSeconds: 60 },
      traffic: { open: ['urgent', 'routine'], backlogSeconds: 90 },
    },
  })
  expect(shown?.report?.['oldestPendingSeconds']).toBeGreaterThanOrEqual(600)
  expect(shown?.report?.['oldestPendingSeconds']).toBeLessThan(660)
  expect(shown?.report?.['feeds']).toContainEqual({ feed: 'settings', checkpoint: 1, head: 2, behind: 1 })
  expect(shown?.lastHeardAt).not.toBeNull()
  expect(quiet).toMatchObject({ deviceId: silent.deviceId, lastHeardAt: null, report: null })

  const figures = async () => (await hub.get('/metrics')).body as string
  expect(await figures()).toContain('tideline_fleet_pending_records 4')
  expect(await figures()).toContain('tideline_fleet_silent_stores 1')
  expect(await figures()).toMatch(/tideline_fleet_oldest_pending_seconds 6\d\d\n/)

  await wire.send('batch', { records: device.journal.slice(1, 4) })
  expect((await view())[0]?.report).toMatchObject({ pendingRecords: 1 })
  await wire.send('batch', { records: device.journal.slice(4) })
  expect((await view())[0]?.report).toMatchObject({ pendingRecords: 0, oldestPendingSeconds: null })
  expect((await hub.get('/v1/stores/S1')).body).toMatchObject({
    storeId: 'S1',
    pendingRecords: 0,
    deviceList: [{ deviceId: device.deviceId }],
  })
  expect((await hub.get('/v1/stores/none')).status).toBe(404)

  // A store is silent when none of its devices is heard.
  await sql`update device set last_seen_at = now() - interval '1 hour'`.execute(db)
  await sql`update device_stream set last_batch_at = now() - interval '1 hour'`.execute(db)
  expect((await readFleetFigures(db)).silentStores).toBe(1)
  await sql`update device_report set reported_at = now() - interval '1 hour'`.execute(db)
  expect((await readFleetFigures(db)).silentStores).toBe(2)
})

it('[TRN8] a report that is none is refused; the newest one of a device is kept', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  for (const message of [null, {}, { ...reportOf(device), feeds: 1 }])
    expect(await wire.send('report', message)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  await wire.send('report', reportOf(device))
  await wire.send('report', reportOf(device, { agentVersion: '3.0.1\u0000' }))
  expect((await hub.get('/v1/devices')).body).toMatchObject({ devices: [{ report: { agentVersion: '3.0.1\u0000' } }] })
})

it('[TRN17] [HUB7] a clock that is wrong by more than its uncertainty is an exception of the store, and ends by itself', async () => {
  const { db } = await server.fresh()
  const peer = peerOf(await enrolModelDevice(db))
  const settle = async (offsetMs: number, uncertaintyMs: number) => {
    await settleClock(db, peer, { offsetMs, uncertaintyMs })
    return exceptionsOf(db, 'CLOCK_DRIFTS')
  }
  expect(await settle(-125_000, 10_000)).toEqual([])
  expect(await settle(-192_000, 1_000)).toMatchObject([
    { state: 'open', owner: 'store', store_id: 'S1', message: 'The clock of model in store S1 is 3 minutes 12 seconds behind the hub’s.' },
  ])
  expect(await settle(90_000, 0)).toMatchObject([{ state: 'resolved' }])
  expect(await settle(2 * 86_400_000 + 60_000, 0)).toMatchObject([
    { state: 'open', message: expect.stringContaining('2 days 1 minute ahead of') as string },
  ])
  expect(wordDuration(1_000)).toBe('1 second')
})

it('[TRN22] [TRN23] comparing and repairing through a socket; the hub asks for it', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  for (let number = 1; number <= 3; number++) device.sell(number)
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  await wire.send('batch', { records: device.journal })
  const days = [digestOf(device.journal, '2026-01-31')]
  const compared = async () => (await wire.send('compareDays', { days }))['days']
  await vi.waitFor(async () => expect(await compared()).toMatchObject([{ outcome: 'agrees' }]), 10_000)
  await sql`delete from record_log where seq = 2`.execute(db)
  expect(await compared()).toMatchObject([{ outcome: 'lacks', wanted: [{ fromSeq: 2, toSeq: 2 }] }])
  expect(await wire.send('repair', { records: [device.journal[1]] })).toMatchObject({ outcome: 'repaired', filledIn: 1 })
  await vi.waitFor(async () => expect(await compared()).toMatchObject([{ outcome: 'agrees' }]), 10_000)
  expect((await hub.get('/v1/stores/S1/comparisons')).body).toMatchObject({
    comparisons: [{ businessDay: '2026-01-31', deviceId: device.deviceId, outcome: 'agrees', count: 3, filledIn: 1 }],
  })
  expect((await hub.get('/v1/stores/S1/comparisons?outcome=differs')).body).toEqual({ comparisons: [] })
  expect(await wire.send('compareFeed', { feed: 'settings', ranges: [{ after: 0, through: 1 }] })).toMatchObject({ ranges: [{ count: 1 }] })

  const ask = (deviceId: string, what: unknown) => hub.post(`/v1/devices/${deviceId}/ask`, { what })
  await vi.waitFor(async () => {
    for (const what of ['report', 'compare', 'sync-now']) expect(await ask(device.deviceId, what)).toMatchObject({ status: 202 })
    expect(wire.pushed).toEqual(expect.arrayContaining([{ event: 'ask', message: { what: 'sync-now' } }]))
  }, 10_000)
  expect(wire.pushed).toEqual(expect.arrayContaining([{ event: 'ask', message: { what: 'report' } }]))
  expect((await ask('dev-aaaaaaaaaaaa', 'report')).status).toBe(404)
  expect((await ask(device.deviceId, 'dance')).status).toBe(422)
})
