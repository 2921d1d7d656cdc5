/**
 * Projection `policies`: what of accepted records a person must look at [MRG12]. It changes neither money nor stock. Each page is read once, each
 * question asked once a page; one page of a store at a time, so that what two streams of it say of the same day is seen by the second.
 *
 *   a page ─▶ receipts, closes ─▶ what is known of their till's days ─▶ policies/*.ts ─▶ findings ─▶ exceptions, which end with their cause
 *
 * Returns are judged where they move stock: stock/returns.ts.
 */
import { sql } from 'kysely'
import { holdAgainstCloses } from './day-closes.ts'
import { forgetFindings } from './policy-findings.ts'
import { readClose, readReceipt } from './policy-receipts.ts'
import type { Projection } from './projection.ts'
import { noteTillDays } from './till-days.ts'

export const policyProjection: Projection = {
  name: 'policies',
  heeds: ['transaction', 'day-close'],
  tables: { till_day: 'tills’ days', policy_close: 'closes that policies know', policy_finding: 'findings of policies' },
  settles: ['AFTER_CLOSE:', 'LATE_ARRIVAL:'],

  apply: async (trx, records) => {
    const receipts = records.flatMap(readReceipt)
    const closes = records.flatMap(readClose)
    const storeId = records[0]?.store_id
    if (storeId === undefined || receipts.length + closes.length === 0) return
    await sql`select pg_advisory_xact_lock(hashtextextended(${`tideline policies ${storeId}`}, 0))`.execute(trx)
    await noteTillDays(trx, receipts)
    await holdAgainstCloses(trx, storeId, receipts, closes)
  },

  reset: async (trx) => {
    await trx.deleteFrom('till_day').execute()
    await trx.deleteFrom('policy_close').execute()
    await forgetFindings(trx)
  },
}
