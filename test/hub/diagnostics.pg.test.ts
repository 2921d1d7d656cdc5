/** Support bundles: asked for at the hub, answered by the store's manager, kept for thirty days. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { forgetOldDiagnostics } from '#hub/fleet/diagnostics-requests.ts'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { type RunningHub, withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const lines = '{"log":"started"}\n{"log":"still here"}\n'
const bundle = gzipSync(lines)
const partsOf = (count: number): Buffer[] => {
  const size = Math.ceil(bundle.length / count)
  return Array.from({ length: count }, (_, part) => bundle.subarray(part * size, (part + 1) * size))
}

const request = async (hub: RunningHub, deviceId: string): Promise<string> => {
  const { status, body } = await hub.post(`/v1/devices/${deviceId}/diagnostics`, { reason: 'the till is slow' })
  expect(status).toBe(202)
  return (body as { requestId: string }).requestId
}
const listed = async (hub: RunningHub, deviceId: string) =>
  ((await hub.get(`/v1/devices/${deviceId}/diagnostics`)).body as { requests: Record<string, unknown>[] }).requests
const download = (hub: RunningHub, deviceId: string, requestId: string) =>
  fetch(`${hub.url}/v1/devices/${deviceId}/diagnostics/${requestId}/bundle`, { headers: { authorization: `Bearer ${hub.operatorToken}` } })

const reportOf = (incarnation: string) => ({
  ...{
    agentVersion: '3.0.0',
    journal: { incarnation, seq: 0, ackedSeq: 0, missingRecords: 0 },
    pending: { count: 0 },
    disk: { state: 'roomy' },
  },
  ...{ openExceptions: 0, quarantined: 0, feeds: {}, parkedDocuments: 0, uptimeSeconds: 1 },
  traffic: { open: [], sentBytesToday: 0, receivedBytesToday: 0 },
})

it('[OPS7] asked at once, granted, its parts in any order and twice, downloaded as it was made', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  const asks = () => wire.pushed.filter(({ event }) => event === 'ask').map(({ message }) => message)
  await vi.waitFor(async () => {
    await hub.post(`/v1/devices/${device.deviceId}/ask`, { what: 'report' })
    expect(asks()).not.toEqual([])
  }, 10_000)
  const requestId = await request(hub, device.deviceId)
  await vi.waitFor(() => expect(asks()).toContainEqual({ what: 'diagnostics', requestId, reason: 'the till is slow' }), 10_000)
  const state = async () => (await listed(hub, device.deviceId))[0]
  expect(await state()).toMatchObject({ requestId, state: 'asked', reason: 'the till is slow', partsHere: 0, answeredAt: null })
  const parts = partsOf(3)
  const send = (part: number, more: Record<string, unknown> = {}) =>
    wire.send('diagnostics', { requestId, answer: 'granted', part, parts: 3, bytes: parts[part - 1], ...more })
  for (const part of [3, 1, 3]) expect(await send(part)).toEqual({ outcome: 'taken' })
  expect(await state()).toMatchObject({ state: 'granted', parts: 3, partsHere: 2 })
  expect((await download(hub, device.deviceId, requestId)).status).toBe(404)
  expect(await send(2, { parts: 4 })).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  expect(await send(2)).toEqual({ outcome: 'taken' })
  expect(await send(2)).toEqual({ outcome: 'taken' })
  expect(await state()).toMatchObject({ state: 'complete', partsHere: 3 })
  expect(await wire.send('diagnostics', { requestId, answer: 'declined' })).toMatchObject({ outcome: 'refused' })
  const downloaded = await download(hub, device.deviceId, requestId)
  expect(downloaded.headers.get('content-type')).toBe('application/gzip')
  expect(gunzipSync(Buffer.from(await downloaded.arrayBuffer())).toString()).toBe(lines)
})

it('[OPS7] a store that is away is asked when it reports again; declined, nothing is taken any more', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const requestId = await request(hub, device.deviceId)
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  const asks = () => wire.pushed.filter(({ event }) => event === 'ask')
  await vi.waitFor(async () => {
    await wire.send('report', reportOf(device.incarnation))
    expect(asks()[0]?.message).toEqual({ what: 'diagnostics', requestId, reason: 'the till is slow' })
  }, 10_000)
  expect(await wire.send('diagnostics', { requestId, answer: 'declined' })).toEqual({ outcome: 'taken' })
  expect(await wire.send('diagnostics', { requestId, answer: 'declined' })).toEqual({ outcome: 'taken' })
  expect(await listed(hub, device.deviceId)).toMatchObject([{ state: 'declined' }])
  const part = { requestId, answer: 'granted', part: 1, parts: 1, bytes: bundle }
  expect(await wire.send('diagnostics', part)).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  expect(await wire.send('diagnostics', { ...part, part: 2 })).toMatchObject({ outcome: 'refused' })
})

it('[OPS7] [TRN8] only what was asked of this very device is taken', async () => {
  const { db, url } = await server.fresh()
  const [device, other] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  const hub = await startHub({ DATABASE_URL: url })
  const requestId = await request(hub, device.deviceId)
  const wire = hub.wire()
  await wire.hello(other, { protocolVersion: 3 })
  const part = { requestId, answer: 'granted', part: 1, parts: 1, bytes: bundle }
  expect(await wire.send('diagnostics', part)).toMatchObject({ outcome: 'refused', code: 'NOT_FOUND' })
  for (const message of [null, {}, { ...part, bytes: 'text' }, { ...part, bytes: Buffer.alloc(500_001) }, { ...part, requestId: '../x' }])
    expect(await wire.send('diagnostics', message)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await listed(hub, device.deviceId)).toMatchObject([{ state: 'asked', partsHere: 0 }])
  expect(await listed(hub, other.deviceId)).toEqual([])
  expect((await hub.post('/v1/devices/dev-aaaaaaaaaaaa/diagnostics', { reason: 'x' })).status).toBe(404)
  expect((await hub.post(`/v1/devices/${device.deviceId}/diagnostics`, { reason: ' ' })).status).toBe(422)
})

it('[OPS7] a bundle is gone after thirty days, from the lists at once and from the database in the next round', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  const [old, young] = [await request(hub, device.deviceId), await request(hub, device.deviceId)]
  for (const requestId of [old, young]) await wire.send('diagnostics', { requestId, answer: 'granted', part: 1, parts: 1, bytes: bundle })
  await sql`update diagnostics_request set asked_at = now() - interval '30 days' where request_id = ${old}`.execute(db)
  expect((await listed(hub, device.deviceId)).map((row) => row['requestId'])).toEqual([young])
  expect((await download(hub, device.deviceId, old)).status).toBe(404)
  expect(await forgetOldDiagnostics(db)).toBe(1)
  expect(await db.selectFrom('diagnostics_part').select('request_id').execute()).toEqual([{ request_id: young }])
  expect((await download(hub, device.deviceId, young)).status).toBe(200)
})
