/** A disk that lost records asks the hub for them, over a real gateway. */
import { batchLimits } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { upMessages } from '#sync/contract/up.ts'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, modelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'
import type { WireClient } from './wire-client.ts'

const server = withDatabase()
const gateways = withGateways()

const fetchPage = async (wire: WireClient, incarnation: string, fromSeq: number, toSeq: number) => {
  const answer = upMessages.fetch.response.parse(await wire.send('fetch', { incarnation, fromSeq, toSeq }))
  if (answer.outcome !== 'fetched') throw new Error(answer.message)
  return answer
}

/** Page after page, as an agent asks. */
const fetchAll = async (wire: WireClient, incarnation: string, fromSeq: number, toSeq: number): Promise<TidelineRecord[][]> => {
  const pages: TidelineRecord[][] = []
  for (let from = fromSeq; ;) {
    const { records, more } = await fetchPage(wire, incarnation, from, toSeq)
    pages.push(records)
    if (!more) return pages
    from = records.at(-1)!.seq + 1
  }
}

const sendAll = async (wire: WireClient, device: ModelDevice): Promise<void> => {
  for (let at = 0; at < device.journal.length; at += 400)
    expect(await wire.send('batch', { records: device.journal.slice(at, at + 400) })).toMatchObject({ outcome: 'acknowledged' })
}

it('[JNL2] a device gets its own records back, of every life, ascending and as they were; never another device’s', async () => {
  const database = await server.fresh()
  const url = await gateways.start(database)
  const [device, other] = [await enrolModelDevice(database.db), await enrolModelDevice(database.db)]
  for (let n = 1; n <= 20; n++) device.sell(n)
  device.append(JSON.stringify({ broken: true }))
  const life = modelDevice({ ...device, incarnation: 'bbbbbbbbbbbb' })
  for (const { payload } of device.journal.slice(0, 3)) life.append(payload)
  for (const each of [device, life]) {
    const wire = gateways.connect(url)
    await wire.hello(each)
    await sendAll(wire, each)
  }
  const wire = gateways.connect(url)
  expect(await wire.send('fetch', { incarnation: device.incarnation, fromSeq: 1, toSeq: 5 })).toMatchObject({ outcome: 'refused' })
  await wire.hello(life)
  // Duplicates and what is quarantined as not understood come as well: the disk had them.
  expect(await fetchAll(wire, device.incarnation, 1, 1_000)).toEqual([device.journal])
  expect(await fetchAll(wire, device.incarnation, 7, 9)).toEqual([device.journal.slice(6, 9)])
  expect(await fetchAll(wire, life.incarnation, 1, 3)).toEqual([life.journal])
  expect(await fetchAll(wire, 'cccccccccccc', 1, 1_000)).toEqual([[]])
  expect(await fetchAll(wire, device.incarnation, 9, 7)).toEqual([[]])
  const stranger = gateways.connect(url)
  await stranger.hello(other)
  expect(await fetchAll(stranger, device.incarnation, 1, 1_000)).toEqual([[]])
  for (const bad of [{ incarnation: device.incarnation, fromSeq: 0, toSeq: 5 }, { deviceId: device.deviceId, fromSeq: 1, toSeq: 5 }, null])
    expect(await wire.send('fetch', bad)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  expect(await fetchAll(wire, device.incarnation, 1, 1)).toEqual([device.journal.slice(0, 1)])
})

it('[JNL2] [TRN2] pages are bounded in records and in bytes, and go on where the last one ended', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 1_100; n++) device.sell(n)
  for (let n = 1; n <= 5; n++) device.append(JSON.stringify({ long: 'x'.repeat(250_000), n }))
  const wire = gateways.connect(await gateways.start(database))
  await wire.hello(device)
  for (let at = 0; at < 1_100; at += 400) await wire.send('batch', { records: device.journal.slice(at, Math.min(at + 400, 1_100)) })
  for (const record of device.journal.slice(1_100)) await wire.send('batch', { records: [record] })
  const pages = await fetchAll(wire, device.incarnation, 1, 2_000)
  expect(pages.flat()).toEqual(device.journal)
  for (const page of pages) {
    expect(page.length).toBeLessThanOrEqual(batchLimits.maxRecords)
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(batchLimits.maxBytes)
  }
  expect(pages.length).toBeLessThan(8)
})

it('[JNL2] what the log could not keep byte for byte is left out, however much of it there is, and what is behind it comes', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 3; n++) device.sell(n)
  for (let n = 1; n <= 250; n++) device.append(`{"nul":"\u0000${n}"}`)
  const tampered = device.sell(4)
  device.sell(5)
  const wire = gateways.connect(await gateways.start(database))
  await wire.hello(device)
  const sent = device.journal.map((record) => (record === tampered ? { ...record, kind: 'of the future' } : record))
  expect(await wire.send('batch', { records: sent })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 255 })
  expect((await fetchAll(wire, device.incarnation, 1, 255)).flat().map(({ seq }) => seq)).toEqual([1, 2, 3, 255])
  expect(await fetchPage(wire, device.incarnation, 4, 254)).toEqual({ outcome: 'fetched', records: [], more: false })
})
