/**
 * The store side without Electron: journal, quarantine, capture, and its doors. Capture needs neither hub nor engine.
 *
 *   http, lan, folder, databases → capture → journal, quarantine        plu ← engine
 *                                          journal ⇄ books of the days: missing numbers, day closes
 */
import { join } from 'node:path'
import type { AgentConfig, Identity } from '#sync/contract/config.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import type { Clock, ItemLookup, PluSink, PriceBasisLookup } from '#sync/core/ports.ts'
import type { AgentLog } from './agent-log.ts'
import { openCapture } from './capture.ts'
import { type CaptureStateHolder, createCaptureState } from './capture-state.ts'
import { startDiskGuard } from './disk-guard.ts'
import { statusOf } from './disk-state.ts'
import type { DeviceSigner } from './completeness/closing.ts'
import { startKeeper, type Keeper } from './completeness/keeper.ts'
import { createDayCloses } from './intake/day-closes.ts'
import { openDoors } from './intake/doors.ts'
import { answerDay, answerExceptions } from './intake/exceptions.ts'
import { doneDir } from './intake/folder-files.ts'
import type { Health } from './intake/http-contract.ts'
import { type HubProtocol, openHubProtocol } from './hub-protocol.ts'
import { nodeDisk } from './journal/disk.ts'
import { describeFinding } from './journal/finding.ts'
import { startRetention } from './retention.ts'
import { loadMappings } from './mappings.ts'
import { type Journal, journalDir, openJournal } from './journal/journal.ts'
import { visitTogether } from './journal/visitor.ts'
import { openPluExport } from './plu-export.ts'
import { createPriceOverrides } from './price-overrides.ts'
import { createStockDocuments } from './stock-documents.ts'
import { openQuarantine, quarantineDir } from './quarantine.ts'
import { createRecordIndex } from './record-index.ts'
import { createCrossCheckVisitor } from './taps/open-cross-check.ts'

export interface StoreAgentOptions {
  config: AgentConfig
  identity: Identity
  /** What tills send as their bearer token. */
  httpToken: string
  items: ItemLookup
  /** Without it the store has no prices of its own. */
  prices?: PriceBasisLookup
  /** The device's key: a day's close is signed with it. */
  signer: DeviceSigner
  log: AgentLog
}

export interface StoreAgent {
  readonly journal: Journal
  readonly state: CaptureStateHolder
  readonly plu: PluSink
  readonly hubProtocol: HubProtocol
  /** For the comparison with the hub. */
  readonly digests: Keeper['digests']
  readonly httpPort: number
  /** Undefined without the network door, and while its interface is not there. */
  lanPort(): number | undefined
  close(): Promise<void>
}

const largestSegmentBytes = 16_000_000
const tellAtMost = 50

const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Never set back, and only good for differences: a file that waits must not wait for a clock to come round again. */
const steadyClock: Clock = { ...systemClock, nowMs: () => performance.now() }

export const startStoreAgent = async ({
  config,
  identity,
  httpToken,
  items,
  prices,
  signer,
  log,
}: StoreAgentOptions): Promise<StoreAgent> => {
  const state = createCaptureState()
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }
  try {
    const { disk: room, retention: limits } = config
    const dir = journalDir(config.dataDir)
    const segmentBytes = Math.min(largestSegmentBytes, Math.ceil(limits.maxBytes / 8))
    const { dataDir, missingGraceMinutes: graceMinutes } = config
    const keys = createRecordIndex()
    const sources = config.crossCheck ? createCrossCheckVisitor({ dataDir, nowMs: systemClock.nowMs() }) : undefined
    const visitor = visitTogether([keys, ...(sources ? [sources] : [])])
    const journal = await openJournal({ dir, deviceId: identity.deviceId, segmentBytes, reserveBytes: room.reserveBytes, visitor })
    closers.push(() => journal.close())
    const index = keys.over(journal)
    await tellRecovery(journal, log)
    const freeBytes = (): Promise<number> => nodeDisk.freeBytes(dir)
    const guard = await startDiskGuard({ journal, freeBytes, warnBytes: room.warnBytes, clock: steadyClock, state, log })
    closers.push(async () => guard.close())
    const watched = config.watch && doneDir(config.watch.dir)
    const retention = startRetention({ journal, retention: limits, doneDir: watched, clock: systemClock, log, isTight: guard.isTight })
    closers.push(() => retention.close())
    guard.onChanged(() => void (guard.isTight() && retention.run()))
    const quarantine = await openQuarantine(quarantineDir(config.dataDir), nodeDisk, guard.isTight)
    const crossCheck = sources?.start({ journal, graceMinutes, clock: steadyClock, log })
    closers.push(async () => crossCheck?.close())
    const mappings = await loadMappings(config.mappings, log)
    const capture = await openCapture({ journal, quarantine, identity: { ...identity, mappings }, crossCheck, index })
    const plu = await openPluExport(config.pluDir ?? join(config.dataDir, 'plu'), systemClock)
    const health = async (): Promise<Health> => ({
      store: identity.storeId,
      deviceId: identity.deviceId,
      writable: journal.writable(),
      journal: await journal.head(),
      lastCapturedAt: capture.lastCapturedAt() as Instant | null,
      disk: statusOf(guard.current()),
    })
    const keeper = startKeeper({ journal, identity, signer, graceMs: graceMinutes * 60_000, clock: steadyClock, state, log })
    closers.push(() => keeper.close())
    const books = {
      exceptions: () => answerExceptions(keeper),
      day: (encoded: string) => answerDay(keeper, encoded),
      closeDays: createDayCloses({ keeper, storeId: identity.storeId, deviceId: identity.deviceId, log }),
    }
    const hubProtocol = openHubProtocol(dataDir, log)
    const doors = await openDoors({
      ...{ config, httpToken, capture, items, health, books, log, mappings, crossCheck, journal, state },
      ...{ stockDocuments: createStockDocuments({ journal, index }), hubProtocol, timeZone: () => identity.timeZone },
      priceOverrides: createPriceOverrides({ journal, index, identity, prices: prices ?? { basis: async () => null } }),
      ...{ isTight: guard.isTight, steadyClock, wallMs: systemClock.nowMs },
    })
    closers.push(() => doors.close())
    return { journal, state, plu, hubProtocol, digests: keeper.digests, httpPort: doors.httpPort, lanPort: doors.lanPort, close }
  } catch (error) {
    await close()
    throw error
  }
}

const tellRecovery = async ({ recovery, head }: Journal, log: AgentLog): Promise<void> => {
  const { incarnation, seq } = await head()
  if (recovery.kind === 'torn-tail') log.warn(`the journal's torn tail of ${recovery.bytes} bytes was cut off and set aside`)
  if (recovery.kind === 'new-life') {
    log.error(`the journal began a new life (${recovery.reason}) with ${recovery.records} records of the old one`)
    for (const finding of recovery.findings.slice(0, tellAtMost)) log.error(`journal: ${describeFinding(finding)}`)
  }
  log.info(`the journal ${incarnation} stands at ${seq}`)
}
