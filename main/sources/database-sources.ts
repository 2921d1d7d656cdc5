/** All POS databases of the configuration. One that cannot work is told, and the others and the tills go on. */
import type { DatabaseSource } from '#sync/contract/config.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import type { HeldLife } from '../journal/held-life.ts'
import { type DatabasePolling, startDatabaseSource } from './database-source.ts'
import { documentRows, mappedRows, type ReadRowsOf, type RowReader } from './row-items.ts'
import { type OpenRowQuery, openRowQuery } from './rows.ts'
import { watermarkFile } from './watermark-file.ts'

/** A fresh reader of the mapping of that name; null when there is none. */
export type RowReaders = (mapping: string) => RowReader | null

export interface DatabaseSourcesOptions {
  sources: readonly DatabaseSource[]
  dataDir: string
  capture: Capture
  journal: HeldLife
  rowReaders: RowReaders
  beforeWatermark: (source: string) => Promise<void>
  clock: Clock
  log: AgentLog
  open?: OpenRowQuery
}

export interface DatabaseSources {
  poll(): Promise<void>
  close(): Promise<void>
}

export const startDatabaseSources = (options: DatabaseSourcesOptions): DatabaseSources => {
  const { sources, dataDir, capture, clock, log, open = openRowQuery } = options
  const polling: DatabasePolling[] = []
  for (const source of sources) {
    const readRows = readRowsOf(source, options)
    if (!readRows) {
      log.error(`database ${source.name} is not read: there is no mapping "${source.mapping}"`)
      continue
    }
    const parts = {
      ...{ source, capture, readRows, open, clock, log },
      random: Math.random,
      watermark: watermarkFile(dataDir, source.name, options.journal),
    }
    const one = startDatabaseSource({ ...parts, beforeWatermark: () => options.beforeWatermark(source.name) })
    polling.push(one)
    void one.poll()
  }
  return {
    poll: async () => void (await Promise.all(polling.map((one) => one.poll()))),
    close: async () => void (await Promise.all(polling.map((one) => one.close()))),
  }
}

const readRowsOf = ({ name, mapping, document }: DatabaseSource, { capture, rowReaders }: DatabaseSourcesOptions): ReadRowsOf | null => {
  if (mapping === undefined) return documentRows(name, document ?? '', capture)
  if (!rowReaders(mapping)) return null
  return mappedRows(name, () => rowReaders(mapping) as RowReader)
}
