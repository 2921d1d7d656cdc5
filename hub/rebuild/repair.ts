/** What of a projection is compared, and how the live side becomes what the shadow is: only the rows that differ are touched. */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { postingChannel } from '../posting/queue.ts'
import type { Tables } from '../storage/tables.ts'
import { columnList, type Compared, differenceTable, readColumns } from './comparison.ts'
import { inLive, inShadow, type Shadow } from './shadow.ts'

type Trx = Transaction<Tables>

/** What the log says of a posting; its state is the ERP's. */
const postingColumns = ['store_id', 'business_day', 'amount_minor', 'currency', 'payload']
const exceptionColumns = ['kind', 'message', 'amount_minor', 'currency']

export const comparedOf = async (trx: Trx, shadow: Shadow): Promise<Compared[]> => {
  const { tables, fillsOutbox, settles } = shadow.projection
  const own: Compared[] = []
  for (const [table, rowsAre] of Object.entries(tables) as [keyof Tables, string][])
    own.push({ ...(await readColumns(trx, shadow, table)), table, rowsAre, repair: 'replace' })
  const exception = await readColumns(trx, shadow, 'exception')
  const isSettled = sql<boolean>`exists (select from unnest(${settles ?? []}::text[]) as p (prefix) where starts_with(exception_id, p.prefix))`
  own.push({
    ...{ ...exception, table: 'exception', rowsAre: 'exceptions', repair: 'add', onlyMissing: true },
    ...(settles === undefined ? {} : { part: sql<boolean>`not ${isSettled}` }),
  })
  if (settles !== undefined) {
    const part = sql<boolean>`${isSettled} and state = 'open'`
    own.push({ ...exception, others: exceptionColumns, table: 'exception', rowsAre: 'open exceptions', repair: 'settle', part })
  }
  if (fillsOutbox)
    own.push({
      ...(await readColumns(trx, shadow, 'posting')),
      others: postingColumns,
      table: 'posting',
      rowsAre: 'postings',
      repair: 'add',
    })
  return own
}

const matching = (keys: readonly string[], one: string, other: string): RawBuilder<unknown> =>
  sql.join(
    keys.map((key) => sql`${sql.id(one, key)} = ${sql.id(other, key)}`),
    sql` and `,
  )

const insertion = (shadow: Shadow, compared: Compared, which: RawBuilder<unknown>) => {
  const { table, all, keys } = compared
  return sql`
    insert into ${inLive(shadow, table)} (${columnList(all)}) select ${columnList(all, 's')}
    from ${inShadow(shadow, table)} s join ${differenceTable(shadow, compared)} d on ${matching(keys, 's', 'd')} where ${which}`
}

/** The projection is held, and what differs was just found. */
export const repairTable = async (trx: Trx, shadow: Shadow, compared: Compared): Promise<void> => {
  const { table, keys } = compared
  const found = differenceTable(shadow, compared)
  if (compared.repair === 'replace') {
    await sql`delete from ${inLive(shadow, table)} l using ${found} d where ${matching(keys, 'l', 'd')} and d.what <> 'missing'`.execute(
      trx,
    )
    await insertion(shadow, compared, sql`d.what <> 'surplus'`).execute(trx)
  } else if (compared.repair === 'add') {
    await sql`${insertion(shadow, compared, sql`d.what = 'missing'`)} on conflict do nothing`.execute(trx)
    if (table === 'posting')
      await sql`select pg_notify(${postingChannel}, '') where exists (select from ${found} where what = 'missing')`.execute(trx)
  } else await settleExceptions(trx, shadow, compared)
}

const settleExceptions = async (trx: Trx, shadow: Shadow, compared: Compared): Promise<void> => {
  const { keys, others } = compared
  const live = inLive(shadow, 'exception')
  await sql`update ${live} l set state = 'resolved', resolved_at = now() from ${differenceTable(shadow, compared)} d
    where ${matching(keys, 'l', 'd')} and d.what = 'surplus' and l.state = 'open'`.execute(trx)
  const newest = sql.join(others.map((column) => sql`${sql.id(column)} = ${sql.id('excluded', column)}`))
  await sql`${insertion(shadow, compared, sql`d.what <> 'surplus'`)}
    on conflict (exception_id) do update set ${newest}, state = 'open', resolved_at = null`.execute(trx)
}
