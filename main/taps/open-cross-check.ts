/**
 * The cross-check at the agent's start: sightings from their files, and from the journal what was told before. The newest transactions of
 * the journal that no source is known to have reported may be the HTTP doors': they alone can lose their last moments in a power cut; the
 * other sources report again what was not synced.
 */
import { join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import type { StoreException } from '#sync/contract/store-exception.ts'
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Journal } from '../journal/journal.ts'
import { type JournalVisitor, visitJournal } from '../journal/visitor.ts'
import { placeOf } from '../record-keys.ts'
import { carriesBusiness, type CrossCheck, rememberTold, startCrossCheck } from './cross-check.ts'
import { openSightingLog, type SightingLog } from './sighting-log.ts'
import { createSightings, type Sightings } from './sightings.ts'

export interface CrossCheckFiles {
  dataDir: string
  /** Milliseconds since the epoch. */
  nowMs: number
}

export interface CrossCheckStart {
  journal: Journal
  graceMinutes: number
  clock: Clock
  log: AgentLog
}

export interface CrossCheckVisitor extends JournalVisitor {
  /** Once the journal was visited. */
  start(parts: CrossCheckStart): CrossCheck
}

interface Known {
  sightings: Sightings
  told: Map<string, StoreException>
  sightingLog: SightingLog
}

export const createCrossCheckVisitor = ({ dataDir, nowMs }: CrossCheckFiles): CrossCheckVisitor => {
  let known: Known | undefined

  /** Nearly all of them are known or older, which their number alone tells: only the others are parsed. */
  const presumeHttp = (sightings: Sightings, payload: string): void => {
    const place = placeOf(payload)
    if (!place || sightings.tapsOf(place).length > 0 || !sightings.isLaterThan('http', place)) return
    const transaction = readTransaction(payload)
    if (!transaction) return
    const { workstationId, businessDay, sequenceNumber } = transaction
    sightings.presume('http', { workstationId, businessDay, sequenceNumber, business: carriesBusiness(transaction) })
  }
  return {
    begin: async () => {
      const sightings = createSightings()
      const sightingLog = await openSightingLog({ dir: join(dataDir, 'taps'), nowMs, onSighting: sightings.add })
      known = { sightings, told: new Map(), sightingLog }
    },
    visit: (record) => {
      const { sightings, told } = must(known, 'begun')
      rememberTold(told, record)
      if (record.kind === 'transaction') presumeHttp(sightings, record.payload)
    },
    start: ({ journal, graceMinutes, clock, log }) => {
      const { sightings, told, sightingLog } = must(known, 'visited')
      return startCrossCheck({
        ...{ journal, sightings, log: sightingLog, told, clock, graceMs: graceMinutes * 60_000 },
        onFault: (error) => log.error(`the sources could not be compared: ${error instanceof Error ? error.message : String(error)}`),
      })
    },
  }
}

/** Over a journal that is open already. */
export const openCrossCheck = async ({ dataDir, nowMs, ...parts }: CrossCheckFiles & CrossCheckStart): Promise<CrossCheck> => {
  const visitor = createCrossCheckVisitor({ dataDir, nowMs })
  await visitJournal(parts.journal, visitor)
  return visitor.start(parts)
}

const readTransaction = (payload: string): Transaction | null => {
  try {
    return transactionSchema.safeParse(JSON.parse(payload)).data ?? null
  } catch {
    return null
  }
}
