/** The three ways one store's waiting transactions are sent: the engine in Chromium, the engine in Node, and the simplest client. Each gives transactions a second. */
import { systemClock } from '#hub/system-clock.ts'
import type { AgentSide } from '#sync/core/ports.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { io } from 'socket.io-client'
import { startEngine } from '#sync/engine.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import type { EnginePages } from '../engine/engine-page.ts'
import { drainIntoSimplestHub } from './simplest-hub.ts'
import type { WaitingStore } from './waiting-store.ts'

/** Holds the proof of the device back until everything is copied: what is measured starts with the welcome. */
const gate = () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

/** Long enough to leave the processor to what is measured. */
const pollMs = 5

const perSecond = (count: number, startedAt: number): number => count / ((performance.now() - startedAt) / 1_000)

export const drainFromChromium = async (pages: EnginePages, hubUrl: string, store: WaitingStore): Promise<number> => {
  const count = store.records.length
  const { open, opened } = gate()
  const sign = async (text: string): Promise<string> => {
    await opened
    return store.sign(text)
  }
  const page = await pages.launch({
    journal: store.journal,
    configuration: { hubUrl, identity: store.identity, agentVersion: 'bench' },
    sign,
  })
  try {
    await page.untilView((v) => v.counts.captured === count)
    const startedAt = performance.now()
    open()
    await page.request('sync.now', null)
    await page.untilView((v) => v.counts.atHub === count && v.pending.count === 0)
    const { lax } = await page.writes()
    if (lax > 0) throw new Error(`${lax} writes were not strictly durable`)
    return perSecond(count, startedAt)
  } finally {
    await page.close()
    await pages.wipeIndexedDb()
  }
}

export interface WaitingEngine {
  /** Resolves when the hub has all that waits. */
  drain(): Promise<void>
  state(): string
  close(): Promise<void>
}

/** Everything is copied; the hub is not let prove anything yet. */
export const openWaitingEngine = async (hubUrl: string, store: WaitingStore, agent?: AgentSide): Promise<WaitingEngine> => {
  const count = store.records.length
  const { open, opened } = gate()
  const engine = await startEngine({
    journal: store.journal,
    ...(agent ? { agent } : {}),
    signer: {
      sign: async (text) => {
        await opened
        return store.sign(text)
      },
    },
    clock: systemClock,
    random: Math.random,
    link: new SocketLink({ hubUrl }),
    storage: getRxStorageMemory(),
    name: `drain${store.identity.deviceId.replaceAll('-', '')}`,
    configuration: { identity: store.identity, agentVersion: 'bench' },
    plu: { publish: () => Promise.resolve() },
    view: { publish: () => Promise.resolve() },
    log: () => undefined,
  })
  while (engine.status().headSeq < count) await delay(pollMs)
  return {
    drain: async () => {
      open()
      await engine.syncNow()
      while (engine.status().ackedSeq < count) await delay(pollMs)
    },
    state: () => engine.status().link.state,
    close: () => engine.close(),
  }
}

export const drainFromNode = async (hubUrl: string, store: WaitingStore): Promise<number> => {
  const engine = await openWaitingEngine(hubUrl, store)
  try {
    const startedAt = performance.now()
    await engine.drain()
    return perSecond(store.records.length, startedAt)
  } finally {
    await engine.close()
  }
}

export const drainFromSimplestClient = async (hubUrl: string, store: WaitingStore): Promise<number> => {
  const rows = store.records.map((record) => ({ id: `${record.deviceId}:${record.seq}`, payload: record.payload }))
  const startedAt = performance.now()
  const socket = io(hubUrl, { transports: ['websocket'], forceNew: true, reconnection: false })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  await drainIntoSimplestHub(socket, rows)
  const rate = perSecond(rows.length, startedAt)
  socket.disconnect()
  return rate
}
