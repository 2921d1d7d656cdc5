/**
 * A store's agent as its hub knows it: the engine's own line, outbox, feeds and reports, on a journal and a database in memory, so
 * that a thousand fit one process. It has no tills, no window and no day comparisons.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { must } from '#sync/contract/assert.ts'
import { identitySchema } from '#sync/contract/config.ts'
import { chainText, genesisHash } from '#sync/contract/record.ts'
import { incarnationSchema } from '#sync/contract/vocabulary.ts'
import type { LinkState } from '#sync/core/link-state.ts'
import type { Clock, Random } from '#sync/core/ports.ts'
import { CatalogueKeeper } from '#sync/engine/catalogue-keeper.ts'
import { createFeeds } from '#sync/engine/feeds.ts'
import { createHubLine, type Welcome } from '#sync/engine/hub-line.ts'
import { createOutboxRunner } from '#sync/engine/outbox-runner.ts'
import { createReporter } from '#sync/engine/reporter.ts'
import { streamCodec } from '#sync/link/codec.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import type { Store } from '#sync/store/open-store.ts'
import { openLightStore } from '../bench/light-store.ts'
import { modelDevice, sha256 } from '../hub/model-device.ts'
import type { FleetStore } from './enrol-fleet.ts'

export interface LightAgentPorts {
  hubUrl: string
  store: FleetStore
  clock: Clock
  random: Random
  onHello(): void
  /** The line went down, in the code's word or, without one, in plain words. `HUB_BUSY`: the hub named a moment to come back at. */
  onDown(reason: string): void
  onAcknowledged(tookMs: number): void
}

export interface JournalEnd {
  deviceId: string
  incarnation: string
  seq: number
  /** Of the last record; it stands for the whole chain before it. */
  headHash: string
}

export interface LightAgent {
  start(): void
  sell(): void
  link(): LinkState['state']
  counts(): { captured: number; acknowledged: number }
  journalEnd(): JournalEnd
}

const reportEverySeconds = 60
const agentVersion = 'fleet'
const facts = { platform: 'fleet', uptimeSeconds: 0, disk: { state: 'roomy' as const }, openExceptions: 0, missingRecords: 0 }
const traffic = { open: ['urgent' as const, 'routine' as const, 'bulk' as const], sentBytesToday: 0, receivedBytesToday: 0 }
const nothing = (): void => undefined

type Journal = ReturnType<typeof modelDevice>['journal']

/** What outbox and reports ask of the local database, read from the journal itself. */
const storeOver = (journal: Journal): Store => {
  const feeds = openLightStore({ onStaged: nothing, onPut: nothing })
  return {
    ...feeds,
    positions: { ...feeds.positions, putWatermark: () => Promise.resolve() },
    records: {
      range: (_incarnation: string, fromSeq: number, limit: number) =>
        Promise.resolve(journal.slice(fromSeq - 1, fromSeq - 1 + limit).map((record) => ({ record }))),
      one: (_incarnation: string, seq: number) => Promise.resolve(journal[seq - 1] ? { record: journal[seq - 1] } : null),
    },
    verdicts: { put: () => Promise.resolve() },
  } as never
}

export const openLightAgent = ({ hubUrl, store, clock, random, ...tell }: LightAgentPorts): LightAgent => {
  const { storeId, deviceId } = store
  const incarnation = incarnationSchema.parse(store.incarnation)
  const identity = identitySchema.parse({ deviceId, storeId, storeName: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' })
  const privateKey = createPrivateKey(store.privateKey)
  const device = modelDevice({ deviceId, storeId, privateKey, incarnation })
  const local = storeOver(device.journal)
  /** When each record was captured that is not acknowledged yet, oldest first. */
  const capturedAtMs: number[] = []
  let acknowledged = 0
  const log = nothing

  const hashAt = (seq: number): string | null => {
    if (seq === 0) return genesisHash
    const record = device.journal[seq - 1]
    return record ? sha256(chainText(record)) : null
  }
  const resume = (connection: number, welcome: Welcome): void => {
    outbox.dispatch({
      ...{ kind: 'welcomed', connection, hubAckedSeq: welcome.ackedSeq, hubHash: welcome.headHash, localHash: hashAt(welcome.ackedSeq) },
      ...{ pruned: false, ...(welcome.epoch ? { epoch: welcome.epoch } : {}), ...(welcome.credit ? { credit: welcome.credit } : {}) },
    })
    reporter.welcomed()
    void feeds.pull()
  }
  const line = createHubLine({
    ...{ link: new SocketLink({ hubUrl }), clock, random, log, identity, incarnation, agentVersion },
    signer: {
      sign: (text) => {
        tell.onHello()
        return Promise.resolve(sign(null, Buffer.from(text), privateKey).toString('base64url'))
      },
    },
    remembers: () => outbox.remembers(),
    onWelcome: resume,
    onLost: () => outbox.dispatch({ kind: 'lost' }),
    onRefused: nothing,
    onPoke: (feed, news) => void feeds.poked(feed, news),
    onCredit: (connection, credit) => outbox.credited(connection, credit),
    onAsk: (ask) => void (ask.what === 'report' && reporter.now()),
    onChange: () => {
      const state = line.state()
      if (state.state === 'offline') tell.onDown(state.code ?? state.message)
    },
  })
  const outbox = createOutboxRunner({
    ...{ store: local, incarnation, ackedSeq: 0, headSeq: 0, line, codec: streamCodec, clock, log },
    onPersisted: (ackedSeq) => {
      const nowMs = clock.nowMs()
      for (const atMs of capturedAtMs.splice(0, ackedSeq - acknowledged)) tell.onAcknowledged(nowMs - atMs)
      acknowledged = ackedSeq
    },
  })
  const feeds = createFeeds({
    ...{ store: local, line, clock, log, codec: streamCodec, storeId: identity.storeId, catalogue: new CatalogueKeeper() },
    ...{ onChanged: nothing, onCaughtUp: nothing },
  })
  const reporter = createReporter({
    ...{ agent: { facts: () => Promise.resolve(facts) }, store: local, line, clock, random, log, agentVersion, incarnation },
    ...{ everySeconds: () => reportEverySeconds, headSeq: () => device.journal.length, ackedSeq: () => outbox.ackedSeq() },
    ...{ quarantined: () => 0, traffic: () => traffic, isReady: () => true },
  })

  return {
    start: line.start,
    sell: () => {
      capturedAtMs.push(clock.nowMs())
      device.sell(device.journal.length + 1, { workstationId: deviceId })
      outbox.dispatch({ kind: 'appended', headSeq: device.journal.length })
    },
    link: () => line.state().state,
    counts: () => ({ captured: device.journal.length, acknowledged }),
    journalEnd: () => {
      const seq = device.journal.length
      return { deviceId, incarnation, seq, headHash: must(hashAt(seq), 'the last record') }
    },
  }
}
