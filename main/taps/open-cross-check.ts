/**
 * The cross-check at the agent's start: sightings from their files, and from the journal what was told before. The newest transactions of
 * the journal that no source is known to have reported may be the HTTP doors': they alone can lose their last moments in a power cut; the
 * other sources report again what was not synced.
 */
import { join } from 'node:path'
import type { StoreException } from '#sync/contract/store-exception.ts'
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Journal } from '../journal/journal.ts'
import { carriesBusiness, type CrossCheck, rememberTold, startCrossCheck } from './cross-check.ts'
import { openSightingLog } from './sighting-log.ts'
import { createSightings } from './sightings.ts'

export interface OpenCrossCheckOptions {
  dataDir: string
  journal: Journal
  graceMinutes: number
  clock: Clock
  /** Milliseconds since the epoch. */
  nowMs: number
  log: AgentLog
}

const pageRecords = 2_000

export const openCrossCheck = async ({ dataDir, journal, graceMinutes, clock, nowMs, log }: OpenCrossCheckOptions): Promise<CrossCheck> => {
  const sightings = createSightings()
  const told = new Map<string, StoreException>()
  const sightingLog = await openSightingLog({ dir: join(dataDir, 'taps'), nowMs, onSighting: sightings.add })
  const presumeHttp = ({ payload }: TidelineRecord): void => {
    const transaction = readTransaction(payload)
    if (!transaction || sightings.tapsOf(transaction).length > 0) return
    const { workstationId, businessDay, sequenceNumber } = transaction
    const sighting = { workstationId, businessDay, sequenceNumber, business: carriesBusiness(transaction) }
    if (sightings.isLaterThan('http', sighting)) sightings.presume('http', sighting)
  }
  for (let after = 0; ;) {
    const page = await journal.read(after, pageRecords)
    for (const record of page) {
      rememberTold(told, record)
      if (record.kind === 'transaction') presumeHttp(record)
    }
    const last = page.at(-1)
    if (!last) break
    after = last.seq
  }
  return startCrossCheck({
    ...{ journal, sightings, log: sightingLog, told, clock, graceMs: graceMinutes * 60_000 },
    onFault: (error) => log.error(`the sources could not be compared: ${error instanceof Error ? error.message : String(error)}`),
  })
}

const readTransaction = (payload: string): Transaction | null => {
  try {
    return transactionSchema.safeParse(JSON.parse(payload)).data ?? null
  } catch {
    return null
  }
}
