/**
 * Once a night, from three o'clock of the store's own time, each store's ledger is checked and its stock compared with the ERP's. A night
 * that the hub or the ERP slept through is made up for; several hubs compare a store once, or, where they meet, twice to the same end.
 */
import type { Clock } from '#sync/core/ports.ts'
import { dayAt } from '#sync/core/zone-day.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'
import { systemClock } from '../system-clock.ts'
import { startWatch, type Watch } from '../watch.ts'
import { checkBalances } from './balance.ts'
import { compareStore, noteComparison, type StockReader } from './erp-comparison.ts'
import { unitsText } from './movement-words.ts'

const nightMs = 3 * 3_600_000

/** The day whose night it is: before three o'clock still the one before. */
export const nightOf = (nowMs: number, timeZone: string): string => dayAt(nowMs - nightMs, timeZone)

export interface NightlyOptions {
  db: Database
  /** Null: only the ledger is checked. */
  erp: StockReader | null
  log: Logger
  clock?: Clock
  intervalMs?: number
}

/** Returns the stores that are done for this night. */
export const compareDueStores = async ({ db, erp, log, clock = systemClock }: NightlyOptions): Promise<string[]> => {
  const { rows } = await sql<{ store_id: string; time_zone: string; compared_on: string | null }>`
    select s.store_id, s.time_zone, c.compared_on from store s left join stock_comparison c using (store_id) order by 1`.execute(db)
  const due = rows.filter(({ time_zone, compared_on }) => (compared_on ?? '') < nightOf(clock.nowMs(), time_zone))
  const done: string[] = []
  for (const { store_id: storeId, time_zone } of due) {
    const night = nightOf(clock.nowMs(), time_zone)
    const outcome = erp ? await compareStore(db, erp, storeId, night) : await noteLedgerOnly(db, storeId, night)
    if (outcome.outcome === 'unavailable') log.warn({ message: outcome.message }, 'the ERP’s stock was not read')
    if (outcome.outcome === 'unavailable') break
    if (outcome.outcome === 'merging') continue
    await checkLedger(db, storeId)
    done.push(storeId)
  }
  return done
}

const noteLedgerOnly = async (db: Database, storeId: string, night: string): Promise<{ outcome: 'ledger-only' }> => {
  await noteComparison(db, { store_id: storeId, compared_on: night, outcome: 'ledger-only', items: 0, differing: 0 })
  return { outcome: 'ledger-only' }
}

const shownFaults = 5

/** A balance that is not its ledger's is a fault of ours, and told until a check finds none. */
const checkLedger = async (db: Database, storeId: string): Promise<void> => {
  const exceptionId = `BALANCE_DIFFERS:${encodeURIComponent(storeId)}`
  const faults = await checkBalances(db, storeId)
  if (faults.length === 0) return resolveExceptions(db, [exceptionId])
  const shown = faults
    .slice(0, shownFaults)
    .map(({ itemId, balanceMilli, ledgerMilli }) => `${itemId} (${figure(balanceMilli)} on hand, ${figure(ledgerMilli)} by the ledger)`)
  const message = `At store ${storeId} ${faults.length === 1 ? 'one balance is' : `${faults.length} balances are`} not what the ledger comes to: ${shown.join(', ')}${faults.length > shownFaults ? ' and more' : ''}.`
  await reportExceptions(db, [{ exceptionId, kind: 'BALANCE_DIFFERS', storeId, message }])
}

const figure = (milli: number | null): string => (milli === null ? 'none' : unitsText(milli))

export const startNightlyComparison = (options: NightlyOptions): Watch =>
  startWatch({
    what: 'the nightly comparison of stock',
    look: () => compareDueStores(options),
    intervalMs: options.intervalMs ?? 600_000,
    log: options.log,
    ...(options.clock ? { clock: options.clock } : {}),
  })
