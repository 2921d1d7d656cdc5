/**
 * All ways into capture, opened together and closed together:
 *
 *   loopback HTTP, TLS on the store's network   the same routes, the same bound on what is under way
 *   watched folder                              waits while the disk is tight: what room there is belongs to the tills
 *   POS databases                               each by its own watermark
 */
import { createRowReader } from '#sync/capture/delimited/row-reader.ts'
import type { DelimitedMapping } from '#sync/capture/delimited/mapping.ts'
import type { AgentConfig } from '#sync/contract/config.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { CaptureStateHolder } from '../capture-state.ts'
import type { HeldLife } from '../journal/held-life.ts'
import type { Journal } from '../journal/journal.ts'
import { type RowReaders, startDatabaseSources } from '../sources/database-sources.ts'
import { tapOf } from '../sources/row-items.ts'
import type { openCrossCheck } from '../taps/open-cross-check.ts'
import { createAdmission } from './admission.ts'
import { fileProgressDir, openFileProgress } from './file-progress.ts'
import { startFolderIntake } from './folder.ts'
import { startHttpIntake } from './http.ts'
import { startLanIntake } from './lan.ts'
import { createRouter } from './routes.ts'
import { tillRoutes, type TillRouteParts } from './till-routes.ts'

export interface DoorsParts extends Omit<TillRouteParts, 'maxBodyBytes'> {
  config: AgentConfig
  httpToken: string
  mappings: readonly DelimitedMapping[]
  crossCheck: Awaited<ReturnType<typeof openCrossCheck>> | undefined
  journal: Pick<Journal, 'head'> & HeldLife
  state: CaptureStateHolder
  isTight: () => boolean
  steadyClock: Clock
  wallMs: () => number
}

export interface Doors {
  readonly httpPort: number
  /** Undefined while the network door is closed: not configured, or its interface is away. */
  lanPort(): number | undefined
  close(): Promise<void>
}

export const openDoors = async (parts: DoorsParts): Promise<Doors> => {
  const { config, capture, crossCheck, journal, state, log, steadyClock: clock } = parts
  const { dataDir } = config
  const { maxBodyBytes } = config.http
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }
  const door = { router: createRouter(tillRoutes({ ...parts, maxBodyBytes })), admission: createAdmission(), maxBodyBytes, log }
  const rowReaders: RowReaders = (name) => {
    const mapping = parts.mappings.find((one) => one.name === name)
    return mapping ? createRowReader(mapping, capture.hints()) : null
  }
  try {
    const http = await startHttpIntake({ ...config.http, ...door, token: parts.httpToken })
    closers.push(() => http.close())
    const lan = config.lan && (await startLanIntake({ ...door, lan: config.lan, dataDir, clock, wallMs: parts.wallMs }))
    closers.push(async () => lan?.close())
    if (config.watch) {
      const progress = await openFileProgress(fileProgressDir(dataDir), parts.wallMs(), journal)
      const folder = await startFolderIntake({
        ...{ ...config.watch, capture, progress, state, log, clock, isPaused: parts.isTight },
        journalSeq: async () => (await journal.head()).seq,
        beforeLeaving: async () => crossCheck?.sync('folder'),
      })
      closers.push(() => folder.close())
    }
    const sources = startDatabaseSources({
      ...{ sources: config.databases, dataDir, capture, journal, rowReaders, clock, log },
      beforeWatermark: async (source) => crossCheck?.sync(tapOf(source)),
    })
    closers.push(() => sources.close())
    return { httpPort: http.port, lanPort: () => lan?.port(), close }
  } catch (error) {
    await close()
    throw error
  }
}
