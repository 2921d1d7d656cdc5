/**
 * A store whose disk is restored from an older image while head office has heard of later sales: the real journal and intake, the
 * real engine on memory storage, real sockets, a real gateway on PostgreSQL.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pino from 'pino'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createEnrolmentCode, createStore, enrolDevice } from '#hub/enrolment/enrolment.ts'
import { startGateway } from '#hub/gateway/gateway.ts'
import { createHubMetrics } from '#hub/metrics.ts'
import type { Database } from '#hub/storage/database.ts'
import { silentLog } from '#main/agent-log.ts'
import { startStoreAgent, type StoreAgent } from '#main/store-agent.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { agentConfigSchema, identitySchema, type Identity } from '#sync/contract/config.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { type TestDatabase, withDatabase } from '#test/hub/database.ts'
import { receipt } from '#test/hub/model-device.ts'
import { tempFolder } from './temp-folder.ts'

const server = withDatabase()
const waitMs = 30_000

const openGateway = async ({ anotherPool, url }: TestDatabase): Promise<string> => {
  const http = createServer()
  await new Promise<void>((settle) => http.listen(0, '127.0.0.1', settle))
  const gateway = startGateway({ http, db: anotherPool(), databaseUrl: url, log: pino({ level: 'silent' }), metrics: createHubMetrics() })
  onTestFinished(() => gateway.stop())
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const enrol = async (db: Database): Promise<{ identity: Identity; signText: (text: string) => Promise<string> }> => {
  const settings = storeSettingsSchema.parse({ storeId: 'S1', name: 'One', currency: 'EUR', timeZone: 'UTC' })
  await createStore(db, settings)
  const made = await createEnrolmentCode(db, 'S1')
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  const enrolled = await enrolDevice(db, { code: made.outcome === 'created' ? made.code : '', publicKey: text, hostName: 'store' })
  if (enrolled.outcome !== 'enrolled') throw new Error(enrolled.outcome)
  const { deviceId } = enrolled.device
  return {
    identity: identitySchema.parse({ deviceId, storeId: 'S1', storeName: 'One', currency: 'EUR', timeZone: 'UTC' }),
    signText: (hello) => Promise.resolve(sign(null, Buffer.from(hello), privateKey).toString('base64url')),
  }
}

/** Main and engine of one store as the shell joins them, with a count of what the journal was asked for. */
const storeOn = (hubUrl: string, { identity, signText }: Awaited<ReturnType<typeof enrol>>, dataDir: string) => {
  const asked: string[] = []
  let databases = 0
  let agent: StoreAgent
  let engine: Engine
  const start = async ({ localDatabase = 'kept' }: { localDatabase?: 'kept' | 'lost' } = {}): Promise<void> => {
    if (localDatabase === 'lost') databases += 1
    const config = agentConfigSchema.parse({ dataDir, hubUrl, http: { port: 0 } })
    agent = await startStoreAgent({
      config,
      identity,
      httpToken: 'token',
      items: { lookup: async () => null },
      signer: createDeviceKey(),
      log: silentLog,
    })
    await startEngineOnJournal()
  }
  const startEngineOnJournal = async (): Promise<void> => {
    engine = await startEngine({
      journal: agent.journal,
      signer: { sign: signText },
      clock: {
        nowMs: Date.now,
        after: (ms, step) =>
          (
            ({ timer }) =>
            () =>
              clearTimeout(timer)
          )({ timer: setTimeout(step, ms) }),
      },
      random: Math.random,
      link: new SocketLink({ hubUrl, onUnknown: () => undefined }),
      storage: getRxStorageMemory(),
      name: `restored${process.pid}x${databases}`,
      configuration: { identity, agentVersion: '0.1.0' },
      plu: { publish: async () => undefined },
      view: { publish: async () => undefined },
      log: () => undefined,
      reincarnate: async (incarnation, reason) => {
        asked.push(reason)
        const renewal = await agent.journal.renew(incarnation, reason)
        if (renewal.outcome === 'refused') return renewal
        const former = engine
        void former.close().then(startEngineOnJournal)
        return { outcome: 'begun', incarnation: agent.journal.incarnation }
      },
    })
  }
  const stop = async (): Promise<void> => {
    await engine.close()
    await agent.close()
  }
  const sell = async (from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number += 1) {
      const init = { method: 'POST', headers: { authorization: 'Bearer token' }, body: JSON.stringify(receipt(number)) }
      expect((await fetch(`http://127.0.0.1:${agent.httpPort}/v1/transactions`, init)).status).toBe(201)
    }
  }
  return { start, stop, sell, asked, agent: () => agent, engine: () => engine }
}

const sent = async (store: ReturnType<typeof storeOn>): Promise<void> =>
  vi.waitFor(
    async () => {
      const { incarnation, seq } = await store.agent().journal.head()
      expect(store.engine().status()).toMatchObject({ incarnation, ackedSeq: seq })
    },
    { timeout: waitMs, interval: 20 },
  )

const atHub = async (db: Database): Promise<{ sales: number[]; incarnations: number }> => {
  const rows = await db.selectFrom('record_log').select(['natural_key', 'incarnation', 'verdict']).execute()
  const accepted = rows.filter((row) => row.verdict === 'accepted').map((row) => Number(row.natural_key?.split('|').at(-1)))
  return { sales: accepted.toSorted((a, b) => a - b), incarnations: new Set(rows.map((row) => row.incarnation)).size }
}

const upTo = (length: number): number[] => Array.from({ length }, (_, i) => i + 1)

describe('a restored disk', () => {
  it.each(['lost', 'kept'] as const)(
    '[CAP3] [CAP5] goes on under a new incarnation, once; each sale is at the hub once (local database %s)',
    async (localDatabase) => {
      const database = await server.fresh()
      const folder = tempFolder()
      const dataDir = join(folder, 'data')
      const store = storeOn(await openGateway(database), await enrol(database.db), dataDir)
      await store.start({ localDatabase: 'lost' })
      await store.sell(1, 50)
      await sent(store)
      await store.stop()
      await cp(dataDir, join(folder, 'image'), { recursive: true })
      await store.start()
      await store.sell(51, 100)
      await sent(store)
      await store.stop()

      await rm(dataDir, { recursive: true })
      await cp(join(folder, 'image'), dataDir, { recursive: true })
      await store.start({ localDatabase })
      await store.sell(101, 120)
      await sent(store)
      await vi.waitFor(async () => expect((await atHub(database.db)).sales).toEqual(upTo(120)), { timeout: waitMs, interval: 20 })
      await store.stop()
      await store.start()
      await sent(store)
      await store.stop()

      expect(await atHub(database.db)).toEqual({ sales: upTo(120), incarnations: 2 })
      expect(store.asked).toHaveLength(1)
    },
    90_000,
  )
})
