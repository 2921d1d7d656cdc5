/**
 * Stock of lines whose item nobody knows yet [IDN7]: it waits, and moves once the item is known. Looking for what can move asks for the
 * present state, never for an event: whatever came first and whoever was killed, the next look finds it. A line leaves `waiting_line` in
 * the transaction that moves its stock. Whoever touches a group holds its lock, so that its exception counts right.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { exceptionId, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { shareProjection } from '../merge/advance.ts'
import { postingChannel } from '../posting/queue.ts'
import { addReleased } from '../stock/released-lines.ts'
import { lockTouched, type Receipt, readTouched, type Touched } from '../stock/return-lookup.ts'
import { settleReturns } from '../stock/returns.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { readIdentities } from './identities.ts'
import { resolveLine } from './resolve.ts'
import type { WaitingLineRow } from './tables.ts'
import { withoutNul } from '../storage/storable.ts'

type Trx = Transaction<Tables>

const groupsAtOnce = 200

export const waitingId = (storeId: string, identifier: string): string =>
  withoutNul(exceptionId('UNKNOWN_ITEM', `${storeId}:${identifier}`))

export const lockGroups = async (trx: Trx, exceptionIds: Iterable<string>): Promise<void> => {
  for (const id of [...new Set(exceptionIds)].sort()) await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 5))`.execute(trx)
}

/** Receipts that the stock projection has taken: they wait, or moved. */
export const takenKeys = async (trx: Trx, receipts: readonly { storeId: string; naturalKey: string }[]): Promise<Set<string>> => {
  if (receipts.length === 0) return new Set()
  const { rows } = await sql<{ natural_key: string }>`
    select g."naturalKey" as natural_key from json_to_recordset(${JSON.stringify(receipts)}::json) as g ("storeId" text, "naturalKey" text)
    where exists (select from waiting_line w where w.store_id = g."storeId" and w.natural_key = g."naturalKey")
      or exists (select from stock_movement m where m.store_id = g."storeId" and m.natural_key = g."naturalKey")`.execute(trx)
  return new Set(rows.map((row) => row.natural_key))
}

/** Lines of one receipt with the same number and words are added up. The groups' locks are held. */
export const insertWaiting = async (trx: Trx, rows: readonly WaitingLineRow[]): Promise<void> => {
  if (rows.length === 0) return
  await sql`
    insert into waiting_line
    select store_id, natural_key, line_number, given_item, given_barcode, description, min(exception_id), min(identifier),
      sum(quantity_milli)::bigint, sum(amount_minor)::bigint, min(currency), min(business_day)
    from json_populate_recordset(null::waiting_line, ${JSON.stringify(rows)}::json) group by 1, 2, 3, 4, 5, 6
    on conflict do nothing`.execute(trx)
  await tellGroups(trx, new Set(rows.map((row) => row.exception_id)))
}

interface Group {
  exception_id: string
  store_id: string
  identifier: string
  description: string
  lines: number
  amount_minor: number
  currency: string
}

export const readGroups = async (db: Kysely<Tables>, exceptionIds?: readonly string[]): Promise<Group[]> => {
  const { rows } = await sql<Group>`
    select exception_id, min(store_id) as store_id, min(identifier) as identifier, min(description) as description,
      count(*)::int as lines, sum(amount_minor)::bigint as amount_minor, max(currency) as currency
    from waiting_line ${exceptionIds ? sql`where exception_id = any(${exceptionIds}::text[])` : sql``}
    group by exception_id order by exception_id`.execute(db)
  return rows
}

/** The exceptions say what waits now; one for which nothing waits is over [IDN8]. */
const tellGroups = async (trx: Trx, exceptionIds: ReadonlySet<string>): Promise<void> => {
  const groups = await readGroups(trx, [...exceptionIds])
  const open = new Set(groups.map((group) => group.exception_id))
  await reportExceptions(
    trx,
    groups.map((group) => ({
      exceptionId: group.exception_id,
      kind: 'UNKNOWN_ITEM',
      storeId: group.store_id,
      itemId: group.identifier,
      message: `${group.lines === 1 ? 'One line sells' : `${group.lines} lines sell`} ${group.identifier} (${group.description}), which neither catalogue nor mapping knows. The money counts, the stock waits.`,
      amountMinor: group.amount_minor,
      currency: group.currency === '' ? undefined : group.currency,
    })),
  )
  await resolveExceptions(
    trx,
    [...exceptionIds].filter((id) => !open.has(id)),
  )
}

/** Moves all stock whose item is known by now. Returns how many lines moved. Any number of processes may look at the same time. */
export const mergeWaitingLines = async (db: Database): Promise<number> => {
  let moved = 0
  for (let after = ''; ;) {
    const pass = await retryContention(() => db.transaction().execute((trx) => mergeSome(trx, after)))
    moved += pass.moved
    if (pass.last === undefined) break
    after = pass.last
  }
  await closeEnded(db)
  return moved
}

/** The same within the caller's transaction. */
export const mergeWaitingWithin = async (trx: Trx): Promise<void> => {
  for (let after: string | undefined = ''; after !== undefined;) after = (await mergeSome(trx, after)).last
}

const mergeSome = async (trx: Trx, after: string): Promise<{ moved: number; last: string | undefined }> => {
  await shareProjection(trx, 'stock')
  const { rows: waiting } = await sql<Omit<WaitingLineRow, 'natural_key'>>`
    select distinct exception_id, store_id, given_item, given_barcode, description from waiting_line where exception_id in (
      select distinct exception_id from waiting_line where exception_id > ${after} order by exception_id limit ${groupsAtOnce})
    order by exception_id`.execute(trx)
  const last = waiting.at(-1)?.exception_id
  const lines = waiting.map((row) => ({
    row,
    line: {
      storeId: row.store_id,
      itemId: row.given_item === '' ? undefined : row.given_item,
      barcode: row.given_barcode === '' ? undefined : row.given_barcode,
      description: row.description,
    },
  }))
  const identities = await readIdentities(
    trx,
    lines.map(({ line }) => line),
  )
  const known = lines.flatMap(({ row, line }) => {
    const { itemId } = resolveLine(line, identities)
    return itemId === undefined ? [] : [{ ...row, item_id: itemId }]
  })
  if (known.length === 0) return { moved: 0, last }
  const look = async (): Promise<Touched> => readTouched(trx, await waitingReceipts(trx, known), [])
  const originals = await lockTouched(trx, new Set(known.map((row) => row.store_id)), 'alone', look)
  await lockGroups(
    trx,
    known.map((row) => row.exception_id),
  )
  const { rows: released } = await sql<WaitingLineRow & { item_id: string }>`
    delete from waiting_line w using json_to_recordset(${JSON.stringify(known)}::json)
      as k (exception_id text, store_id text, given_item text, given_barcode text, description text, item_id text)
    where w.exception_id = k.exception_id and w.store_id = k.store_id and w.given_item = k.given_item
      and w.given_barcode = k.given_barcode and w.description = k.description
    returning w.*, k.item_id`.execute(trx)
  await addReleased(trx, released)
  await settleReturns(trx, originals)
  await tellGroups(trx, new Set(known.map((row) => row.exception_id)))
  await retryPostings(trx, [...new Set(released.map((row) => row.natural_key))])
  return { moved: released.length, last }
}

/** Those whose lines wait for what is known now. Nobody adds to them while their stores' locks are held alone. */
const waitingReceipts = async (trx: Trx, known: readonly object[]): Promise<Receipt[]> => {
  const { rows } = await sql<Receipt>`
    select distinct w.store_id as "storeId", w.natural_key as "naturalKey" from waiting_line w
    join json_populate_recordset(null::waiting_line, ${JSON.stringify(known)}::json) k using (exception_id, store_id, given_item, given_barcode, description)`.execute(
    trx,
  )
  return rows
}

/** Receipts that the ERP did not take for such a line are tried again. */
const retryPostings = (trx: Trx, naturalKeys: readonly string[]) =>
  sql`with queued as (
      update posting set state = 'waiting', step = null, attempts = 0, next_attempt_at = now()
      where posting_key = any(${naturalKeys}::text[]) and state = 'held' and error_code = 'UNKNOWN_ITEM' returning 1)
    select pg_notify(${postingChannel}, '') where exists (select from queued)`.execute(trx)

/** What a rebuild, or an older hub, left open. */
const closeEnded = async (db: Database): Promise<void> => {
  const { rows } = await sql<{ exception_id: string }>`
    select exception_id from exception e where state = 'open' and starts_with(exception_id, 'UNKNOWN_ITEM:')
      and not exists (select from waiting_line w where w.exception_id = e.exception_id) limit ${groupsAtOnce}`.execute(db)
  if (rows.length === 0) return
  const ids = new Set(rows.map((row) => row.exception_id))
  await db.transaction().execute(async (trx) => {
    await lockGroups(trx, ids)
    await tellGroups(trx, ids)
  })
}
