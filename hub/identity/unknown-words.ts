/**
 * Words that no mapping brings to ours: one exception for each word and speaker, until it is mapped [IDN17]. A look asks for the present
 * state, so that it does not matter what came first; any number of processes may look.
 */
import type { Clock } from '#sync/core/ports.ts'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { exceptionId, type HubException, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { shareProjection } from '../merge/advance.ts'
import { grouped } from '../grouped.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { startWatch, type Watch } from '../watch.ts'
import { canonicalWord, canonicalWords, type SpokenList, type Speaker, type WordMaster } from './canonical-words.ts'
import { readWordMaster } from './word-totals.ts'
import { withoutNul } from '../storage/storable.ts'

export interface HeardWord extends Speaker {
  list: SpokenList
  word: string
  times: number
  amountMinor: number
  currency: string
}

const listNames: Record<SpokenList, string> = {
  tender: 'tender',
  'return-reason': 'reason of a return',
  'order-state': 'state of an order',
  tax: 'tax code',
}

/** A store without a tax jurisdiction is not judged by the tax master: its tax codes need no category. */
const matters = ({ list, scope, scopeId }: HeardWord, { taxCategories }: WordMaster): boolean =>
  list !== 'tax' || taxCategories.has(scope === 'store' ? scopeId : '')

/** Of a speaker's list: a till where reasons are typed freely must not bury a person. The others come up as these are mapped. */
const mostAtOnce = 100

/** Those that are said most. */
export const unknownWords = (heard: readonly HeardWord[], master: WordMaster): HeardWord[] => {
  const unknown = heard
    .filter((each) => matters(each, master) && canonicalWord(each.list, each, each.word, master) === null)
    .sort((a, b) => b.times - a.times || (a.word < b.word ? -1 : 1))
  return [...grouped(unknown, ({ list, scope, scopeId }) => JSON.stringify([list, scope, scopeId])).values()].flatMap((each) =>
    each.slice(0, mostAtOnce),
  )
}

const speakerWords = ({ scope, scopeId }: Speaker): string =>
  ({ all: 'The ERP says', store: `The tills of store ${scopeId} say`, channel: `The channel ${scopeId} says` })[scope]

export const wordException = (heard: HeardWord, { taxCategories }: WordMaster): HubException => {
  const { list, scope, scopeId, word, times, amountMinor, currency } = heard
  const ours = list === 'tax' ? [...(taxCategories.get(scope === 'store' ? scopeId : '') ?? [])].sort() : canonicalWords[list]
  const often = times === 0 ? '' : `, ${times === 1 ? 'once' : `${times} times`} so far`
  return {
    exceptionId: withoutNul(exceptionId('UNKNOWN_WORD', `${list}:${scope}:${scopeId}:${word}`)),
    kind: 'UNKNOWN_WORD',
    storeId: scope === 'store' ? scopeId : null,
    message: `${speakerWords(heard)} “${word}” as a ${listNames[list]}${often}, and no mapping says which it is: ${ours.join(', ')}.`,
    ...(currency === '' ? {} : { amountMinor: Math.abs(amountMinor), currency }),
  }
}

/** What the ERP says stands in the items: everybody's words. */
const readHeard = async (db: Kysely<Tables>): Promise<HeardWord[]> => {
  const { rows } = await sql<HeardWord>`
    select 'store' as scope, store_id as "scopeId", list, word, sum(times)::int as times, sum(amount_minor)::bigint as "amountMinor",
      max(currency) as currency
    from word_total group by 2, 3, 4
    union all select 'channel', channel, list, word, 0, 0, '' from channel_word
    union all select 'all', '', 'tax', tax_code, 0, 0, '' from item where tax_code <> '' group by tax_code`.execute(db)
  return rows
}

export const settleWords = (db: Database): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await shareProjection(trx, 'sales')
    await sql`select pg_advisory_xact_lock(hashtextextended('tideline words', 0))`.execute(trx)
    const master = await readWordMaster(trx)
    const due = unknownWords(await readHeard(trx), master).map((heard) => wordException(heard, master))
    const open = await trx
      .selectFrom('exception')
      .select(['exception_id', 'message'])
      .where('kind', '=', 'UNKNOWN_WORD')
      .where('state', '=', 'open')
      .execute()
    const told = new Map(open.map((row) => [row.exception_id, row.message]))
    await reportExceptions(
      trx,
      due.filter(({ exceptionId: id, message }) => told.get(id) !== withoutNul(message)),
    )
    const dueIds = new Set(due.map(({ exceptionId: id }) => id))
    await resolveExceptions(
      trx,
      [...told.keys()].filter((id) => !dueIds.has(id)),
    )
  })

/** A channel's word, said now: what it is here, or null, and then it waits for a person. */
export const hearChannel = async (db: Database, channel: string, list: SpokenList, said: string): Promise<string | null> => {
  const speaker: Speaker = { scope: 'channel', scopeId: channel }
  const canonical = canonicalWord(list, speaker, said, await readWordMaster(db))
  if (canonical !== null) return canonical
  await sql`insert into channel_word values (${channel}, ${list}, ${said}) on conflict do nothing`.execute(db)
  await settleWords(db)
  return null
}

export interface WordWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startWordWatch = ({ db, intervalMs = 5_000, ...options }: WordWatchOptions): Watch =>
  startWatch({ ...options, what: 'words that nobody mapped', look: () => settleWords(db), intervalMs })
