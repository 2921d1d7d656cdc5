/** A database source on a real capture with a journal in memory, asked by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCapture } from '#main/capture.ts'
import { openJournal, type Journal } from '#main/journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { type DatabaseSources, startDatabaseSources } from '#main/sources/database-sources.ts'
import type { RowReader } from '#main/sources/row-items.ts'
import type { OpenRowQuery } from '#main/sources/rows.ts'
import { databaseSourceSchema } from '#sync/contract/config.ts'
import type { QuarantinePayload } from '#sync/contract/record.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'

export interface SourceRig {
  readonly journal: Journal
  readonly disk: MemoryDisk
  readonly log: string[]
  readonly dataDir: string
  readonly sources: DatabaseSources
  poll(): Promise<void>
  /** The agent stops and starts again, on the same data. */
  restart(meanwhile?: () => Promise<void>): Promise<void>
  numbers(): Promise<number[]>
  transactions(): Promise<Transaction[]>
  quarantined(): Promise<QuarantinePayload[]>
  kinds(): Promise<string[]>
  close(): Promise<void>
}

export interface RigOptions {
  source: Record<string, unknown>
  open?: OpenRowQuery
  rowReader?: () => RowReader
}

export const openSourceRig = async ({ source, open, rowReader }: RigOptions): Promise<SourceRig> => {
  const disk = createMemoryDisk(seededRandom(1))
  const dataDir = mkdtempSync(join(tmpdir(), 'tideline-source-'))
  const log: string[] = []
  const tell = (message: string): void => void log.push(message)
  const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }

  let starts = 0
  const start = async () => {
    starts += 1
    const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
    const journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(starts), lock: async () => async () => undefined })
    const capture = await openCapture({ journal, quarantine: await openQuarantine('/q', disk), identity })
    const sources = startDatabaseSources({
      sources: [databaseSourceSchema.parse({ name: 'pos', watermark: 'id', ...source })],
      ...{ dataDir, capture, journal, rowReaders: () => rowReader?.() ?? null, beforeWatermark: async () => undefined },
      clock: { nowMs: () => 0, after: () => () => undefined },
      log: { info: tell, warn: tell, error: tell },
      ...(open ? { open } : {}),
    })
    await sources.poll()
    return { journal, sources }
  }
  let running = await start()
  const stop = async (): Promise<void> => {
    await running.sources.close()
    await running.journal.close()
  }
  const payloads = async (kind: string): Promise<unknown[]> =>
    (await running.journal.read(0, 100_000)).filter((r) => r.kind === kind).map((r) => JSON.parse(r.payload))
  const transactions = async (): Promise<Transaction[]> => (await payloads('transaction')) as Transaction[]

  return {
    get journal() {
      return running.journal
    },
    get sources() {
      return running.sources
    },
    ...{ disk, log, dataDir, transactions },
    poll: () => running.sources.poll(),
    restart: async (meanwhile) => {
      await stop()
      await meanwhile?.()
      running = await start()
    },
    numbers: async () => (await transactions()).map((t) => t.sequenceNumber),
    quarantined: async () => (await payloads('quarantine')) as QuarantinePayload[],
    kinds: async () => (await running.journal.read(0, 100_000)).map((r) => r.kind),
    close: async () => {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
