/**
 * What tells one database cluster from another: its system identifier, and the timeline that a recovery or a promotion raises. A
 * hosted PostgreSQL may forbid both; then the mark is `unknown`, and only the operator's word begins an epoch.
 */
import { type Kysely, sql } from 'kysely'
import { databaseFailure } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'

export const unknownMark = 'unknown'

/** Not the control file's timeline: after a promotion that one lags behind until the next checkpoint. */
export const readClusterMark = async (db: Kysely<Tables>): Promise<string> => {
  try {
    const { rows } = await sql<{ mark: string }>`
      select system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as mark from pg_control_system()`.execute(db)
    return rows[0]?.mark ?? unknownMark
  } catch (error) {
    if (databaseFailure(error) === 'away') throw error
    return unknownMark
  }
}

/** The database is new, and nobody declared anything. */
export const firstReason = 'the hub’s first start on this database'

export type EpochDecision = { decision: 'keep' } | { decision: 'adopt' } | { decision: 'begin'; reason: string }

/** `stored`: the mark under which the present epoch began; null without one. */
export const decideEpoch = (stored: string | null, mark: string): EpochDecision => {
  if (stored === null) return { decision: 'begin', reason: firstReason }
  if (stored === mark || mark === unknownMark) return { decision: 'keep' }
  if (stored === unknownMark) return { decision: 'adopt' }
  return {
    decision: 'begin',
    reason: `the database runs on another cluster or timeline (${mark}) than before (${stored}): it was restored, or a standby took over`,
  }
}
