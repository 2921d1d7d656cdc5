/** Stores that flood, and stores that come back as one, at a real gateway: what is counted is who was served when, never how fast. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Requests } from '#hub/gateway/request.ts'
import { createHubMetrics } from '#hub/metrics.ts'
import { upMessages } from '#sync/contract/up.ts'
import { answersOf2 } from '#test/fixtures/protocol-2.ts'
import { afterEach, expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, modelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'
import type { WireClient } from './wire-client.ts'

const server = withDatabase()
const gateways = withGateways()

const gates: (() => void)[] = []
// Before the gateways stop: they wait for what is under way.
afterEach(() => {
  for (const open of gates.splice(0)) open()
})

/** A request that holds its place at the database until the gate lets it go, and whom it served in which order. */
const gatedWork = () => {
  const served: string[] = []
  const held: (() => void)[] = []
  let open = false
  const requests: Requests = {
    work: ({ limit }, { storeId }) =>
      limit.run(async () => {
        served.push(storeId)
        if (!open) await new Promise<void>((settle) => held.push(settle))
        return { outcome: 'worked' }
      }),
  }
  const release = (count: number): void => {
    for (const settle of held.splice(0, count)) settle()
  }
  const openGate = (): void => {
    open = true
    release(held.length)
  }
  gates.push(openGate)
  return { requests, served, release, open: openGate }
}

/** What each sent before waits by now: a message behind it is answered. */
const allQueued = (wires: readonly WireClient[]) => Promise.all(wires.map((wire) => wire.send('none', {})))

const creditsOf = ({ pushed }: WireClient) => pushed.filter(({ event }) => event === 'credit').map(({ message }) => message)
const dismissalOf = ({ pushed }: WireClient) => pushed.find(({ event }) => event === 'dismiss')?.message

it('[TRN14] a store that fills the queue is served in turn with the others: each of them waits for at most one of its jobs', async () => {
  const database = await server.fresh()
  const gate = gatedWork()
  const url = await gateways.start(database, { workAtOnce: 2, moreRequests: gate.requests })
  const [flood, ...polite] = await Promise.all(['S0', 'S1', 'S2', 'S3'].map((storeId) => enrolModelDevice(database.db, storeId)))
  const flooding = gateways.connect(url)
  await flooding.hello(flood!)
  const wires = polite.map(() => gateways.connect(url))
  for (const [index, wire] of wires.entries()) await wire.hello(polite[index]!)
  const floods = Array.from({ length: 30 }, () => flooding.send('work', {}))
  await vi.waitFor(() => expect(gate.served.length).toBeGreaterThan(0))
  // Of two places the flood has one; the others share the second, round by round.
  const answers = wires.flatMap((wire) => [wire.send('work', {}), wire.send('work', {})])
  await vi.waitFor(() => expect(gate.served).toHaveLength(2))
  await allQueued(wires)
  const order = () => gate.served.filter((storeId) => storeId !== 'S0')
  while (order().length < 6) {
    const before = gate.served.length
    gate.release(1)
    await vi.waitFor(() => expect(gate.served).toHaveLength(before + 1))
  }
  // One found the place empty; from then on it is one of each in a round.
  expect(new Set(order().slice(0, 4))).toEqual(new Set(['S1', 'S2', 'S3']))
  expect(gate.served.length).toBeLessThanOrEqual(10)
  gate.open()
  expect(await Promise.all([...answers, ...floods])).toHaveLength(36)
})

it('[TRN14] credit falls when much waits, and is told when it rises again', async () => {
  const database = await server.fresh()
  const gate = gatedWork()
  const url = await gateways.start(database, { workAtOnce: 1, moreRequests: gate.requests })
  const [flood, device, old] = await Promise.all(['S0', 'S1', 'S2'].map((storeId) => enrolModelDevice(database.db, storeId)))
  for (const each of [device!, old!]) for (let n = 1; n <= 3; n++) each.sell(n)
  const [flooding, wire, older] = [gateways.connect(url), gateways.connect(url), gateways.connect(url)]
  await flooding.hello(flood!)
  expect(await wire.hello(device!, { protocolVersion: 3 })).toMatchObject({ outcome: 'welcome', credit: { batches: 4 } })
  answersOf2.hello.parse(await older.hello(old!, { protocolVersion: 2 }))
  expect(await wire.send('batch', { records: device!.journal.slice(0, 1) })).toMatchObject({ credit: { batches: 4 } })
  const floods = Array.from({ length: 20 }, () => flooding.send('work', {}))
  await vi.waitFor(() => expect(gate.served).toHaveLength(1))
  const batches = [wire.send('batch', { records: device!.journal.slice(1, 2) }), older.send('batch', { records: old!.journal })]
  await allQueued([wire, older])
  gate.release(1)
  const [answer, olderAnswer] = await Promise.all(batches)
  expect(upMessages.batch.response.parse(answer)).toMatchObject({ outcome: 'acknowledged', credit: { batches: 1 } })
  answersOf2.batch.parse(olderAnswer)
  gate.open()
  await Promise.all(floods)
  await vi.waitFor(() => expect(creditsOf(wire)).toEqual([{ batches: 4 }]))
  expect(creditsOf(older)).toEqual([])
})

it('[TRN14] [TRN8] a store that goes on sending what is not of the protocol, or beyond its bounds, is slowed, ended and kept out; others go on', async () => {
  const database = await server.fresh()
  const metrics = createHubMetrics()
  const gate = gatedWork()
  const limits = { slowedFrom: 10, dismissedFrom: 40, forgivenPerSecond: 1 }
  const url = await gateways.start(database, { metrics, floodLimits: limits, moreRequests: gate.requests })
  const [bad, greedy, good] = await Promise.all(['S0', 'S1', 'S2'].map((storeId) => enrolModelDevice(database.db, storeId)))
  good!.sell(1)
  const [stranger, spoiling, hoarding, wire] = [1, 2, 3, 4].map(() => gateways.connect(url)) as [
    WireClient,
    WireClient,
    WireClient,
    WireClient,
  ]
  await spoiling.hello(bad!, { protocolVersion: 3 })
  await hoarding.hello(greedy!, { protocolVersion: 3 })
  await wire.hello(good!, { protocolVersion: 3 })
  const flood = (client: WireClient, event: string, message: unknown, count: number): void => {
    for (let n = 0; n < count; n++) client.socket.emit(event, message, () => undefined)
  }
  flood(stranger, 'hello', { nonsense: true }, 100)
  flood(spoiling, 'packedBatch', { codec: 'deflate-raw', bytes: Buffer.alloc(100_000), fromSeq: 1, count: 1 }, 100)
  flood(hoarding, 'work', {}, 100)
  expect(await wire.send('batch', { records: good!.journal })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 1 })
  const dismissal = { code: 'HUB_BUSY', retryAfterMs: 60_000 }
  await vi.waitFor(() => expect([spoiling, hoarding].map(dismissalOf)).toMatchObject([dismissal, dismissal]), 10_000)
  await vi.waitFor(() => expect([stranger, spoiling, hoarding].map(({ socket }) => socket.connected)).toEqual([false, false, false]))
  gate.open()
  const back = await gateways.connect(url).hello(modelDevice(bad!), { protocolVersion: 3 })
  expect(back).toMatchObject({ outcome: 'refused', code: 'HUB_BUSY' })
  expect(back['retryAfterMs']).toBeGreaterThan(30_000)
  expect(await wire.send('batch', { records: good!.journal })).toMatchObject({ outcome: 'acknowledged' })
  expect(await metrics.registry.metrics()).toContain('tideline_greetings_total{outcome="dismissed"} 3')
})

it('[TRN14] stores that come back as one are let in one after the other, each at the moment that it was told', async () => {
  const database = await server.fresh()
  const metrics = createHubMetrics()
  const url = await gateways.start(database, { metrics, admissionLimits: { perSecond: 20, burst: 2, atOnce: 50 } })
  const devices = await Promise.all(Array.from({ length: 12 }, (_, n) => enrolModelDevice(database.db, `S${n}`)))
  const wires = devices.map(() => gateways.connect(url))
  await Promise.all(wires.map((wire) => wire.nonce()))
  const hello = async (store: number, protocolVersion = 3) =>
    upMessages.hello.response.parse(await wires[store]!.hello(devices[store]!, { protocolVersion }))
  const answers = await Promise.all(devices.map((_, store) => hello(store)))
  const told = answers.flatMap((answer) => (answer.outcome === 'refused' && answer.code === 'HUB_BUSY' ? [answer.retryAfterMs ?? 0] : []))
  expect(told).toHaveLength(10)
  expect(new Set(told).size).toBe(10)
  expect(answers.filter(({ outcome }) => outcome === 'welcome')).toHaveLength(2)
  const back = answers.map(async (answer, store) => {
    if (answer.outcome === 'welcome') return answer
    await delay(answer.retryAfterMs)
    return hello(store)
  })
  expect((await Promise.all(back)).map(({ outcome }) => outcome)).toEqual(devices.map(() => 'welcome'))
  expect(await metrics.registry.metrics()).toContain('tideline_greetings_total{outcome="deferred"} 10')
})
