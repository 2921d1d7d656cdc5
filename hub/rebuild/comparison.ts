/**
 * Shadow and live table held against each other, row by row by their primary key. What differs is kept in a table of the shadow's schema, so
 * that putting the live side right touches those rows alone. When a row was made (a default of now()) is not compared; a table without a
 * primary key is compared by whole rows, none of whose columns may be null.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { inLive, inShadow, type Shadow } from './shadow.ts'
import { type Example, examplesShown, type TableDifference } from './table-difference.ts'

type Trx = Transaction<Tables>

export interface TableColumns {
  all: string[]
  keys: string[]
  /** Neither key nor the moment at which the row was made. */
  others: string[]
}

/** A table, or a part of it, and what of it is compared. */
export interface Compared extends TableColumns {
  table: keyof Tables
  rowsAre: string
  /** replace: the live rows become the shadow's · add: what is missing is added · settle: open exceptions become the shadow's open ones */
  repair: 'replace' | 'add' | 'settle'
  /** Which rows of either side; absent: all. */
  part?: RawBuilder<boolean>
  /** The live side has rows that are none of this projection's. */
  onlyMissing?: true
}

export const readColumns = async (trx: Trx, shadow: Shadow, table: string): Promise<TableColumns> => {
  const { rows } = await sql<{ name: string; is_key: boolean; is_moment: boolean }>`
    select a.attname as name, coalesce(a.attnum = any(i.indkey), false) as is_key,
      coalesce(pg_get_expr(d.adbin, d.adrelid) = 'now()', false) as is_moment
    from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = format('%I.%I', ${shadow.live}::text, ${table}::text)::regclass and a.attnum > 0 and not a.attisdropped
    order by a.attnum`.execute(trx)
  const names = (which: typeof rows): string[] => which.map(({ name }) => name)
  const others = names(rows.filter(({ is_key, is_moment }) => !is_key && !is_moment))
  const keys = names(rows.filter(({ is_key }) => is_key))
  return keys.length > 0 ? { all: names(rows), keys, others } : { all: names(rows), keys: others, others: [] }
}

export const columnList = (columns: readonly string[], of?: string): RawBuilder<unknown> =>
  sql.join(columns.map((column) => (of === undefined ? sql.id(column) : sql.id(of, column))))

/** The keys of the rows that differ, and how. */
export const differenceTable = (shadow: Shadow, { table, repair }: Compared): RawBuilder<unknown> =>
  inShadow(shadow, `differing_${table}_${repair}`)

const partOf = (table: RawBuilder<unknown>, { part }: Compared) => sql`(select * from ${table} ${part ? sql`where ${part}` : sql``})`

export const compareTable = async (trx: Trx, shadow: Shadow, compared: Compared): Promise<TableDifference> => {
  const { table, rowsAre, repair, keys, others, onlyMissing } = compared
  const found = differenceTable(shadow, compared)
  const compares = [...keys, ...(onlyMissing ? [] : others)]
  const [key = ''] = keys
  await sql`
    create unlogged table ${found} as
    select ${columnList(keys)}, case when ${sql.id('l', key)} is null then 'missing' when ${sql.id('s', key)} is null then 'surplus' else 'changed' end as what
    from ${partOf(inLive(shadow, table), compared)} l ${sql.raw(onlyMissing ? 'right' : 'full')} join ${partOf(inShadow(shadow, table), compared)} s
      using (${columnList(keys)})
    where row(${columnList(compares, 'l')}) is distinct from row(${columnList(compares, 's')})`.execute(trx)
  const { rows } = await sql<{
    what: Example['what']
    count: number
  }>`select what, count(*)::int as count from ${found} group by what`.execute(trx)
  const { rows: sizes } = await sql<{
    count: number
  }>`select count(*)::int as count from ${partOf(inShadow(shadow, table), compared)} s`.execute(trx)
  const countOf = (what: Example['what']): number => rows.find((row) => row.what === what)?.count ?? 0
  return {
    ...{ table, rowsAre, rows: sizes[0]?.count ?? 0, onlyAdds: repair === 'add' },
    ...{ missing: countOf('missing'), surplus: countOf('surplus'), changed: countOf('changed') },
    examples: rows.length > 0 ? await readExamples(trx, shadow, compared) : [],
  }
}

type Row = Record<string, unknown>

/** Of each way to differ a few, in the order of their keys. */
const readExamples = async (trx: Trx, shadow: Shadow, compared: Compared): Promise<Example[]> => {
  const { table, keys, others } = compared
  const { rows } = await sql<{ what: Example['what']; live: Row | null; shadow: Row | null }>`
    select d.what, to_json(l) as live, to_json(s) as shadow
    from (select *, row_number() over (partition by what order by ${columnList(keys)}) as nth from ${differenceTable(shadow, compared)}) d
    left join ${inLive(shadow, table)} l using (${columnList(keys)}) left join ${inShadow(shadow, table)} s using (${columnList(keys)})
    where d.nth <= ${examplesShown} order by d.what, d.nth`.execute(trx)
  return rows.map(({ what, live, shadow: made }) => ({
    what,
    key: Object.fromEntries(keys.map((name) => [name, shown((made ?? live)?.[name]) ?? '(long)'])),
    columns:
      what === 'changed'
        ? others
            .filter((name) => live?.[name] !== made?.[name])
            .map((name) => ({ name, was: shown(live?.[name]), is: shown(made?.[name]) }))
        : [],
  }))
}

const longestShown = 80

/** What is long is a receipt or the like, and says nothing in a list. */
const shown = (value: unknown): string | null => {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? 'nothing')
  return text.length > longestShown ? null : text
}
