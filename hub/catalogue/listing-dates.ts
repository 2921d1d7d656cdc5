/**
 * Tells stores when the date of an assortment entry comes. What is due is read from the table by the database's clock, and told in the
 * transaction that notes the next date: a worker that dies leaves it due, and several side by side tell it once.
 */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Clock } from '#sync/core/ports.ts'
import { grouped } from '../grouped.ts'
import type { Database } from '../storage/database.ts'
import { startWatch, type Watch } from '../watch.ts'
import { listedStores } from './assortments.ts'
import { nextDate } from './listing.ts'
import { relist } from './relist.ts'
import { clockNow } from './replan.ts'
import { lockCatalogue } from './rows.ts'

const atOnce = 500

/** Returns how many entries had a date, and how many stores' listings changed by it. */
export const takeListingDates = (db: Database): Promise<{ entries: number; listings: number }> =>
  db.transaction().execute(async (trx) => {
    await lockCatalogue(trx)
    const now = await clockNow(trx)
    const due = await trx.selectFrom('assortment_entry').selectAll().where('due_at', '<=', now).orderBy('entry_id').limit(atOnce).execute()
    let listings = 0
    for (const entries of grouped(due, ({ level, place }) => JSON.stringify([level, place])).values()) {
      const [first] = entries
      const items = entries.map((entry) => entry.item_id)
      if (first) listings += await relist(trx, items, listedStores(first.level, first.place))
    }
    const next = due.map((entry) =>
      nextDate({ fromMs: entry.listed_from.getTime(), toMs: entry.listed_to?.getTime() ?? null }, now.getTime()),
    )
    if (due.length > 0)
      await sql`
        update assortment_entry e set due_at = t.due
        from unnest(${due.map((entry) => entry.entry_id)}::text[], ${next.map((ms) => (ms === null ? null : new Date(ms)))}::timestamptz[]) as t(id, due)
        where e.entry_id = t.id`.execute(trx)
    return { entries: due.length, listings }
  })

export interface ListingDatesOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startListingDates = ({ db, log, intervalMs = 10_000, clock }: ListingDatesOptions): Watch =>
  startWatch({
    what: 'listing dates',
    look: async () => {
      const taken = await takeListingDates(db)
      if (taken.entries > 0) log.info(taken, 'dates of assortments have come')
    },
    ...{ intervalMs, log },
    ...(clock ? { clock } : {}),
  })
