/** One process of the hub: gateway sessions, merge, posting and the catalogue's pull, as hub/server.ts puts them together. */
import pino from 'pino'
import { startCataloguePull } from '#hub/catalogue/pull.ts'
import { feedChannel } from '#hub/catalogue/feed.ts'
import { createFeedReader } from '#hub/catalogue/feed-page.ts'
import { deviceChannel, parseDeviceNotice } from '#hub/enrolment/device-channel.ts'
import { ensureEpoch, epochChannel, parseEpochNotification } from '#hub/epoch/epoch.ts'
import { fleetRequests } from '#hub/fleet/requests.ts'
import { waitingAsks } from '#hub/fleet/diagnostics-requests.ts'
import { createFeedNews } from '#hub/gateway/feed-news.ts'
import type { Requests } from '#hub/gateway/request.ts'
import type { Peer } from '#hub/gateway/session.ts'
import { createSessionContext } from '#hub/gateway/session-context.ts'
import { openStoreSession, type StoreSession, type StoreSessionOptions } from '#hub/gateway/store-session.ts'
import { startMergeWorker } from '#hub/merge/worker.ts'
import { createHubMetrics } from '#hub/metrics.ts'
import { startPostingWorker } from '#hub/posting/worker.ts'
import { startWaitingWatch } from '#hub/identity/waiting-watch.ts'
import { startTransferWatch } from '#hub/stock/transfer-watch.ts'
import { projectionsOf } from '#hub/projections.ts'
import { feedNames } from '#sync/contract/feed.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import type { Chance } from './chance.ts'
import type { Erp } from './erp.ts'
import type { HubDatabase } from './hub-database.ts'
import type { Life } from './life.ts'
import type { Host } from './network.ts'
import type { Tally } from './tally.ts'

export interface HubProcess extends Host {
  /** What PostgreSQL notifies. */
  notified(channel: string, payload: string): void
  /** Its listening connection is lost for so long. */
  goDeaf(ms: number): void
}

/** Requests that take the place of the hub's own: how a test plants a fault in it. */
export type HubMutation = (world: { agentNowMs(deviceId: string): number; hubNowMs(): number }) => Requests

export interface HubProcessParts {
  life: Life
  database: HubDatabase
  erp: Erp
  chance: Chance
  tally: Tally
  wallMs: () => number
  /** Reads the log and talks to the ERP as well. */
  isWorker: boolean
  mutation?: Requests | undefined
}

/** Long, because a seed pays for each look; notifications wake the workers. */
const pollMs = 60_000

const silent = pino({ level: 'silent' })
const metrics = createHubMetrics()

export const projections = projectionsOf('reference')

export const startHubProcess = ({ life, database, erp, chance, tally, wallMs, isWorker, mutation }: HubProcessParts): HubProcess => {
  const clock = life.clock(wallMs)
  const db = database.open(life)
  const sessions = new Map<StoreSession, { peer: Peer | null; send: StoreSessionOptions['send'] }>()
  const listeners = new Map<string, () => void>()
  let deafUntilMs = -1
  let numbered = 0

  const pause = (ms: number): Promise<void> => new Promise((resolve) => life.after(ms, 'pauses', resolve))
  const context = createSessionContext({
    ...{ db, log: silent, metrics, waitingAsks, moreRequests: { ...fleetRequests, ...mutation } },
    clock: { nowMs: clock.nowMs, steadyMs: clock.nowMs, pause },
    newNonce: () => String(chance.int(1e8, 1e9)).repeat(3),
  })
  const pokeAll = (): void => {
    for (const { peer, send } of sessions.values()) if (peer) for (const feed of feedNames) send('poke', { feed })
  }
  const sessionsOf = (scope: string): StoreSession[] =>
    [...sessions].flatMap(([session, { peer }]) => (peer && (scope === '*' || scope === peer.storeId) ? [session] : []))
  const heedFeed = createFeedNews({
    ...{ reader: createFeedReader(db, (work) => work()), log: silent },
    isHeard: (scope) => sessionsOf(scope).length > 0,
    poke: (scope, message) => {
      const heard = sessionsOf(scope)
      if (message.news) tally.count('news with a poke', heard.length)
      for (const session of heard) session.poke(message)
    },
  })
  const heedEpoch = (epoch: HubEpoch | null): void => {
    if (epoch) for (const session of [...sessions.keys()]) session.heedEpoch(epoch)
  }
  /** As hub/epoch/epoch-watch.ts does whenever the line to the database came up. */
  const lookForEpoch = (): void =>
    void ensureEpoch(db).then(
      ({ epoch }) => heedEpoch(epoch.epoch),
      () => void life.after(1_000, 'looks for the epoch', lookForEpoch),
    )
  const heed = (channel: string, payload: string): void => {
    listeners.get(channel)?.()
    if (channel === feedChannel) heedFeed(payload)
    if (channel === epochChannel) heedEpoch(parseEpochNotification(payload))
    const notice = channel === deviceChannel ? parseDeviceNotice(payload) : null
    if (notice) for (const session of [...sessions.keys()]) session.heed(notice)
  }
  const listen = (channel: string, onNotify: () => void) => {
    listeners.set(channel, onNotify)
    life.after(1, 'listens', onNotify)
    return { stop: async () => undefined }
  }

  life.after(1, 'listens', lookForEpoch)
  if (isWorker) {
    const connector = erp.connector(life)
    startMergeWorker({ db, databaseUrl: '', listen, projections, log: silent, metrics, pollMs, clock })
    startPostingWorker({ db, connector, log: silent, pollMs, random: chance.next, listen, clock })
    // The ERP's buyer draws prices from a wide range, and nobody confirms them.
    startCataloguePull({ db, connector, log: silent, intervalMs: 60_000, priceJumpFactor: 100, clock })
    startWaitingWatch({ db, log: silent, intervalMs: pollMs, clock })
    startTransferWatch({ db, log: silent, intervalMs: pollMs, clock })
  }

  return {
    name: life.name,
    life,
    accept: ({ send, end }) => {
      numbered += 1
      const known = { peer: null as Peer | null, send: send as StoreSessionOptions['send'] }
      const session = openStoreSession({
        context,
        sessionId: `${life.name}-${numbered}`,
        send: known.send,
        end,
        onWelcomed: (peer) => void (known.peer = peer),
      })
      sessions.set(session, known)
      return {
        receive: session.receive,
        closed: () => {
          session.closed()
          sessions.delete(session)
        },
      }
    },
    notified: (channel, payload) => {
      if (clock.nowMs() < deafUntilMs) return tally.count('notification missed')
      life.after(chance.int(1, 15), `hears ${channel}`, () => heed(channel, payload))
    },
    goDeaf: (ms) => {
      deafUntilMs = clock.nowMs() + ms
      life.after(ms, 'listens again', () => {
        pokeAll()
        lookForEpoch()
        for (const onNotify of listeners.values()) onNotify()
      })
    },
  }
}
