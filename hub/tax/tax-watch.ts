/**
 * Judges the days that are due [IDN12]: those that sold since, and those that a change of the master may concern. What is found stands as
 * exceptions, one for each store, day and item or code; one that is not found any more is over. Any number of processes may look.
 */
import type { Clock } from '#sync/core/ports.ts'
import { sql, type Transaction } from 'kysely'
import type { Logger } from 'pino'
import { exceptionId, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { shareProjection } from '../merge/advance.ts'
import { grouped } from '../grouped.ts'
import { amountText } from '../posting/decimal.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { startWatch, type Watch } from '../watch.ts'
import { type DayOfStore, readBaskets, readTaxMaster } from './day-facts.ts'
import { judgeDay, type TaxFinding } from './judge-day.ts'
import { noticeChanges } from './master-changes.ts'
import { withoutNul } from '../storage/storable.ts'

type Trx = Transaction<Tables>

/** `aheadSeconds`: also days that become due by then. Returns how many days were judged. */
export const judgeDueDays = async (db: Database, aheadSeconds = 0): Promise<number> => {
  await noticeChanges(db)
  for (let judged = 0; ; judged++) {
    const day = await retryContention(() => db.transaction().execute((trx) => judgeNext(trx, aheadSeconds)))
    if (day === undefined) return judged
  }
}

const judgeNext = async (trx: Trx, aheadSeconds: number): Promise<DayOfStore | undefined> => {
  await shareProjection(trx, 'sales')
  const { rows } = await sql<DayOfStore>`
    select store_id as "storeId", business_day as "businessDay" from tax_day where due_at <= now() + ${aheadSeconds} * interval '1 second'
    order by due_at limit 1 for update skip locked`.execute(trx)
  const [day] = rows
  if (day === undefined) return undefined
  const master = await readTaxMaster(trx, day)
  const found =
    master === null
      ? []
      : [...(await readBaskets(trx, day, master.itemCategoryOf))].flatMap(([currency, baskets]) =>
          judgeDay(baskets, master).map((finding) => ({ ...finding, currency })),
        )
  await tell(trx, day, await differencesOf(trx, day, found))
  await sql`update tax_day set due_at = null where store_id = ${day.storeId} and business_day = ${day.businessDay}`.execute(trx)
  return day
}

type Difference = Tables['tax_difference']

/** Of each item or code, all that is wrong with it, in one sentence. */
const differencesOf = async (trx: Trx, day: DayOfStore, found: readonly (TaxFinding & { currency: string })[]): Promise<Difference[]> => {
  const itemOf = ({ about }: TaxFinding): string | null => (about.startsWith('item:') ? about.slice('item:'.length) : null)
  const itemIds = [...new Set(found.flatMap((finding) => itemOf(finding) ?? []))]
  const names =
    itemIds.length === 0 ? [] : await trx.selectFrom('item').select(['item_id', 'name']).where('item_id', 'in', itemIds).execute()
  const nameOf = new Map(names.map((row) => [row.item_id, row.name]))
  return [...grouped(found, ({ currency, about }) => JSON.stringify([currency, about])).values()].flatMap((findings) => {
    const [first] = findings
    if (first === undefined) return []
    const { about, currency } = first
    const itemId = itemOf(first)
    const code = about.slice('code:'.length)
    const what =
      itemId !== null ? `${itemId} (${nameOf.get(itemId) ?? itemId})` : code === '' ? 'Receipts without a tax' : `Tax code “${code}”`
    const reasons = findings.map(({ reason, amountMinor }) => `${reason}${moneyWords(amountMinor, currency)}`).join('; ')
    return [
      {
        store_id: day.storeId,
        business_day: day.businessDay,
        exception_id: withoutNul(exceptionId('TAX_DIFFERS', `${day.storeId}:${day.businessDay}:${currency}:${about}`)),
        item_id: itemId,
        message: withoutNul(`${what} on ${day.businessDay}: ${reasons}. The receipts count as the till has them.`),
        amount_minor: findings.reduce((sum, { amountMinor }) => sum + Math.abs(amountMinor), 0),
        currency,
      },
    ]
  })
}

const moneyWords = (amountMinor: number, currency: string): string =>
  amountMinor === 0 ? '' : `, ${amountText(Math.abs(amountMinor), currency)} too ${amountMinor > 0 ? 'much' : 'little'}`

const tell = async (trx: Trx, day: DayOfStore, differences: readonly Difference[]): Promise<void> => {
  const told = await trx
    .deleteFrom('tax_difference')
    .where('store_id', '=', day.storeId)
    .where('business_day', '=', day.businessDay)
    .returning(['exception_id', 'message'])
    .execute()
  for (const difference of differences) await trx.insertInto('tax_difference').values(difference).execute()
  const messageOf = new Map(told.map((row) => [row.exception_id, row.message]))
  await reportExceptions(
    trx,
    differences
      .filter((each) => messageOf.get(each.exception_id) !== each.message)
      .map((each) => ({
        exceptionId: each.exception_id,
        kind: 'TAX_DIFFERS',
        storeId: each.store_id,
        itemId: each.item_id ?? undefined,
        place: { businessDay: each.business_day },
        message: each.message,
        amountMinor: each.amount_minor,
        currency: each.currency,
      })),
  )
  const found = new Set(differences.map((each) => each.exception_id))
  await resolveExceptions(
    trx,
    told.map((row) => row.exception_id).filter((id) => !found.has(id)),
  )
}

export interface TaxWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startTaxWatch = ({ db, intervalMs = 2_000, ...options }: TaxWatchOptions): Watch =>
  startWatch({ ...options, what: 'taxes of the days', look: () => judgeDueDays(db), intervalMs })
