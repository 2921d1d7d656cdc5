/**
 * Entry of the hidden window: builds the engine's ports from the bridge, opens RxDB on Dexie in strict durability, starts the
 * engine and answers main's requests. Requests that come before the engine is up wait for it.
 */
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { mainToEngine } from '#sync/contract/ipc.ts'
import type { Clock } from '#sync/core/ports.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import { reasonOf } from '#sync/engine/log.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import {
  ask,
  bridgeAgent,
  bridgeJournal,
  bridgeKeeper,
  bridgeLog,
  bridgePluSink,
  bridgeProbe,
  bridgeSigner,
  bridgeViewSink,
} from './bridge-ports.ts'

const bridge = window.tideline
const log = bridgeLog(bridge)

/** The log line is on its way before the window goes. */
const closeAfterMs = 500

const clock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

const start = async (): Promise<Engine> => {
  const { hubUrl, ...configuration } = await ask(bridge, 'engine.configuration', null)
  return startEngine({
    journal: bridgeJournal(bridge),
    keeper: bridgeKeeper(bridge),
    agent: bridgeAgent(bridge),
    signer: bridgeSigner(bridge),
    clock,
    random: Math.random,
    link: new SocketLink({
      hubUrl,
      onUnknown: (event, payload, reason) => void starting.then((engine) => engine.park(event, payload, reason)),
    }),
    probe: bridgeProbe(bridge),
    storage: getRxStorageDexie({ chromeTransactionDurability: 'strict' }),
    configuration,
    plu: bridgePluSink(bridge),
    view: bridgeViewSink(bridge),
    log,
    hubSpeaks: (protocolVersion) => void ask(bridge, 'hub.speaks', { protocolVersion }).catch(() => undefined),
    reincarnate: (incarnation, reason) => ask(bridge, 'journal.reincarnate', { incarnation, reason: reason.slice(0, 500) }),
  })
}

const starting: Promise<Engine> = start()
starting.catch((error: unknown) => {
  log('error', 'the engine did not start', { reason: reasonOf(error) })
  // Main opens another window: what was in the way, a full disk for one, may be gone by then.
  clock.after(closeAfterMs, () => window.close())
})

bridge.onRequest(async (method, params) => {
  const engine = await starting
  switch (method) {
    case 'items.lookup':
      return engine.lookup(mainToEngine['items.lookup'].request.parse(params).barcode)
    case 'prices.basis': {
      const { itemId, at } = mainToEngine['prices.basis'].request.parse(params)
      return engine.basis(itemId, at)
    }
    case 'sync.now':
      // Begun, not waited for: a load under a bound may take hours.
      void engine.syncNow()
      return null
    case 'diagnostics.send':
      return engine.sendDiagnostics(mainToEngine['diagnostics.send'].request.parse(params))
    case 'system.resumed':
      engine.resumed()
      return null
    default:
      throw new Error(`no such request: ${method}`)
  }
})

window.addEventListener('unhandledrejection', (event) => log('error', 'unhandled rejection', { reason: reasonOf(event.reason) }))
