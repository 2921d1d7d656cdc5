/**
 * The store side without Electron: journal, quarantine, capture, and its doors. Capture needs neither hub nor engine.
 *
 *   http, lan, folder, databases → capture → journal, quarantine        plu ← engine
 */
import { join } from 'node:path'
import { createRowReader } from '#sync/capture/delimited/row-reader.ts'
import type { AgentConfig, Identity } from '#sync/contract/config.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import type { Clock, ItemLookup, PluSink } from '#sync/core/ports.ts'
import type { AgentLog } from './agent-log.ts'
import { openCapture } from './capture.ts'
import { type CaptureStateHolder, createCaptureState } from './capture-state.ts'
import { createAdmission } from './intake/admission.ts'
import { fileProgressDir, openFileProgress } from './intake/file-progress.ts'
import { startFolderIntake } from './intake/folder.ts'
import { startHttpIntake } from './intake/http.ts'
import type { Health } from './intake/http-contract.ts'
import { startLanIntake } from './intake/lan.ts'
import { createRouter } from './intake/routes.ts'
import { tillRoutes } from './intake/till-routes.ts'
import { loadMappings } from './mappings.ts'
import { type Journal, journalDir, openJournal } from './journal/journal.ts'
import { openPluExport } from './plu-export.ts'
import { openQuarantine, quarantineDir } from './quarantine.ts'
import { type RowReaders, startDatabaseSources } from './sources/database-sources.ts'
import { tapOf } from './sources/row-items.ts'
import { openCrossCheck } from './taps/open-cross-check.ts'

export interface StoreAgentOptions {
  config: AgentConfig
  identity: Identity
  /** What tills send as their bearer token. */
  httpToken: string
  items: ItemLookup
  log: AgentLog
}

export interface StoreAgent {
  readonly journal: Journal
  readonly state: CaptureStateHolder
  readonly plu: PluSink
  readonly httpPort: number
  /** Undefined without the network door, and while its interface is not there. */
  lanPort(): number | undefined
  close(): Promise<void>
}

const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Never set back, and only good for differences: a file that waits must not wait for a clock to come round again. */
const steadyClock: Clock = { ...systemClock, nowMs: () => performance.now() }

export const startStoreAgent = async ({ config, identity, httpToken, items, log }: StoreAgentOptions): Promise<StoreAgent> => {
  const state = createCaptureState()
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }
  try {
    const journal = await openJournal({ dir: journalDir(config.dataDir), deviceId: identity.deviceId })
    closers.push(() => journal.close())
    await tellRecovery(journal, log)
    const quarantine = await openQuarantine(quarantineDir(config.dataDir))
    const { dataDir, missingGraceMinutes: graceMinutes } = config
    const crossCheck = config.crossCheck
      ? await openCrossCheck({ dataDir, journal, graceMinutes, clock: steadyClock, nowMs: systemClock.nowMs(), log })
      : undefined
    closers.push(async () => crossCheck?.close())
    const mappings = await loadMappings(config.mappings, log)
    const capture = await openCapture({ journal, quarantine, identity: { ...identity, mappings }, crossCheck })
    const rowReaders: RowReaders = (name) => {
      const mapping = mappings.find((one) => one.name === name)
      return mapping ? createRowReader(mapping, capture.hints()) : null
    }
    const plu = await openPluExport(config.pluDir ?? join(config.dataDir, 'plu'), systemClock)
    const health = async (): Promise<Health> => ({
      store: identity.storeId,
      deviceId: identity.deviceId,
      writable: journal.writable(),
      journal: await journal.head(),
      lastCapturedAt: capture.lastCapturedAt() as Instant | null,
    })
    const { maxBodyBytes } = config.http
    const router = createRouter(tillRoutes({ capture, items, health, log, maxBodyBytes }))
    const door = { router, admission: createAdmission(), maxBodyBytes, log }
    const http = await startHttpIntake({ ...config.http, ...door, token: httpToken })
    closers.push(() => http.close())
    const lan =
      config.lan &&
      (await startLanIntake({ ...door, lan: config.lan, dataDir: config.dataDir, clock: steadyClock, wallMs: systemClock.nowMs }))
    closers.push(async () => lan?.close())
    if (config.watch) {
      const progress = await openFileProgress(fileProgressDir(config.dataDir), systemClock.nowMs())
      const journalSeq = async (): Promise<number> => (await journal.head()).seq
      const beforeLeaving = async (): Promise<void> => crossCheck?.sync('folder')
      const folder = await startFolderIntake({
        ...{ ...config.watch, capture, progress, journalSeq, beforeLeaving, state, log },
        clock: steadyClock,
      })
      closers.push(() => folder.close())
    }
    const sources = startDatabaseSources({
      ...{ sources: config.databases, dataDir: config.dataDir, capture, rowReaders, clock: steadyClock, log },
      beforeWatermark: async (source) => crossCheck?.sync(tapOf(source)),
    })
    closers.push(() => sources.close())
    return { journal, state, plu, httpPort: http.port, lanPort: () => lan?.port(), close }
  } catch (error) {
    await close()
    throw error
  }
}

const tellRecovery = async ({ recovery, head }: Journal, log: AgentLog): Promise<void> => {
  const { incarnation, seq } = await head()
  if (recovery.kind === 'torn-tail') log.warn(`the journal's torn tail of ${recovery.bytes} bytes was cut off and set aside`)
  if (recovery.kind === 'new-life')
    log.error(`the journal began a new life (${recovery.reason}) with ${recovery.records} records of the old one`)
  log.info(`the journal ${incarnation} stands at ${seq}`)
}
