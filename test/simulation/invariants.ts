/** What must hold once the world has come to rest. Each violation is a sentence. */
import { hash } from 'node:crypto'
import { feedDocumentIds, feedDocumentSchemas, feedNames } from '#sync/contract/feed.ts'
import { feedScope } from '#hub/catalogue/feed.ts'
import { isPosted } from '#hub/merge/postings.ts'
import { rebuildProjection } from '#hub/merge/advance.ts'
import { grouped } from '#hub/grouped.ts'
import { checkBalances } from '#hub/stock/balance.ts'
import { type LedgerEntry, onHandOf } from '#hub/stock/count-rule.ts'
import { stockDocumentSchema } from '#sync/contract/stock-document.ts'
import { sumTotals } from '#hub/merge/sales.ts'
import { chainText, genesisHash } from '#sync/contract/record.ts'
import { naturalKeyOf, type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import { projections } from './hub-process.ts'
import { subjectOf, subjectOfAnswer } from './subject.ts'
import type { World } from './world.ts'

interface LogRow extends Record<string, unknown> {
  device_id: string
  incarnation: string
  seq: number
  kind: string
  captured_at: string
  verdict: string
  natural_key: string | null
  payload: string
  payload_hash: string
  previous_hash: string
}

const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** Nothing that a till was answered is lost. */
const checkAnswered = ({ tills, destroyed }: World, log: readonly LogRow[]): string[] => {
  const inLog = new Set(log.map(subjectOf))
  return tills.flatMap(({ answered }) =>
    answered.flatMap((answer) => {
      const subject = subjectOfAnswer(answer)
      if (inLog.has(subject) || destroyed.has(subject)) return []
      return [`${answer.key ?? 'an input'} was answered ${answer.outcome}, and is not in the hub's log`]
    }),
  )
}

/** Each journal's order is kept: gapless, chained, up to the hub's watermark. */
const checkStreams = async ({ database }: World, log: readonly LogRow[]): Promise<string[]> => {
  const streams = await database.look<{ device_id: string; incarnation: string; acked_seq: number; head_hash: string }>(
    'select device_id, incarnation, acked_seq, head_hash from device_stream',
  )
  return streams.flatMap(({ device_id, incarnation, acked_seq, head_hash }) => {
    const name = `${device_id}:${incarnation}`
    const rows = log.filter((row) => row.device_id === device_id && row.incarnation === incarnation)
    const found: string[] = []
    if (rows.length !== acked_seq || rows.some((row, index) => row.seq !== index + 1))
      found.push(`${name} is acknowledged up to ${acked_seq}, its log is ${rows.map((row) => row.seq).join(' ')}`)
    let head: string = genesisHash
    for (const row of rows) {
      if (row.previous_hash !== head) found.push(`${name}:${row.seq} does not follow the record before it`)
      const { device_id: deviceId, captured_at: capturedAt, payload_hash: payloadHash, previous_hash: previousHash } = row
      head = sha256(chainText({ deviceId, incarnation, seq: row.seq, kind: row.kind, capturedAt, payloadHash, previousHash } as never))
    }
    if (head !== head_hash) found.push(`${name}: the hub's head is not the last record's hash`)
    return found
  })
}

interface Counting {
  key: string
  transaction: Transaction
}

const countingIn = (log: readonly LogRow[]): Counting[] =>
  log.flatMap(({ kind, verdict, natural_key: key, payload }) =>
    kind === 'transaction' && verdict === 'accepted' && key !== null
      ? [{ key, transaction: transactionSchema.parse(JSON.parse(payload)) }]
      : [],
  )

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

const differences = (what: string, found: readonly unknown[], expected: readonly unknown[]): string[] => {
  const [have, want] = [sorted(found), sorted(expected)]
  const more = have.filter((row) => !want.includes(row))
  const fewer = want.filter((row) => !have.includes(row))
  if (have.length === want.length && more.length + fewer.length === 0) return []
  return [
    `${what}: ${have.length} instead of ${want.length}; unexpected ${more.slice(0, 2).join(' ')}; wanting ${fewer.slice(0, 2).join(' ')}`,
  ]
}

/** Money: log, sales and day totals are one. */
const checkSales = async ({ database }: World, counting: readonly Counting[]): Promise<string[]> => {
  const keys = counting.map(({ transaction }) => naturalKeyOf(transaction))
  const doubled = keys.filter((key, index) => keys.indexOf(key) !== index)
  const sales = await database.look<{ key: string; grand: number }>(
    'select natural_key as key, grand_minor as grand from sales_transaction',
  )
  const totals = await database.look(
    'select store_id, business_day, workstation_id, currency, measure, key, count, amount_minor from day_total',
  )
  return [
    ...doubled.map((key) => `${key} counts twice`),
    ...differences(
      'sales',
      sales,
      counting.map(({ key, transaction }) => ({ key, grand: transaction.totals.grandMinor })),
    ),
    ...differences('day totals', totals, sumTotals(counting.map(({ transaction }) => transaction))),
  ]
}

/** What the log says of each store's items, as the rule of counts reads it. */
const ledgersIn = (log: readonly LogRow[]): Map<string, LedgerEntry[]> => {
  const counting = log.filter(({ natural_key, verdict }) => natural_key !== null && (verdict === 'accepted' || verdict === 'duplicate'))
  const places = grouped(counting, ({ natural_key }) => natural_key ?? '')
  const entries = counting.flatMap((row) => (row.verdict === 'accepted' ? movesOf(row).map((move) => ({ row, ...move })) : []))
  const ledgers = new Map<string, LedgerEntry[]>()
  for (const { row, storeId, itemId, ...move } of entries) {
    const id = `${storeId} ${itemId}`
    const key = row.natural_key ?? ''
    const at = (places.get(key) ?? []).map(({ device_id: deviceId, incarnation, seq }) => ({ deviceId, incarnation, seq }))
    ledgers.set(id, [...(ledgers.get(id) ?? []), { key, ...move, places: at }])
  }
  return ledgers
}

type Move = Omit<LedgerEntry, 'key' | 'places'> & { storeId: string; itemId: string }

const movesOf = ({ kind, payload }: LogRow): Move[] => {
  if (kind === 'stock-document') {
    const { storeId, businessDay, documentKind, lines } = stockDocumentSchema.parse(JSON.parse(payload))
    return lines.flatMap(({ itemId, quantityMilli }) =>
      itemId === undefined ? [] : [{ storeId, businessDay, itemId, kind: documentKind, quantityMilli }],
    )
  }
  if (kind !== 'transaction') return []
  const { storeId, businessDay, lineItems } = transactionSchema.parse(JSON.parse(payload))
  return lineItems.flatMap(({ itemId, quantityMilli, voided }) =>
    voided || itemId === undefined ? [] : [{ storeId, businessDay, itemId, kind: 'sale' as const, quantityMilli: 0 - quantityMilli }],
  )
}

/** Stock: what was counted, and what was sold, came back or arrived beside it; moved, or waiting to know its item. */
const checkStock = async ({ database }: World, log: readonly LogRow[]): Promise<string[]> => {
  const waiting = await database.look<{ id: string; milli: number }>(
    `select store_id || ' ' || given_item as id, sum(quantity_milli)::bigint as milli from waiting_line where given_item <> '' group by 1`,
  )
  const waits = new Map(waiting.map(({ id, milli }) => [id, milli]))
  const balances = await database.look<{ id: string; milli: number }>(
    `select store_id || ' ' || item_id as id, quantity_milli as milli from stock_balance`,
  )
  const moved = new Map(balances.map(({ id, milli }) => [id, milli]))
  // A count that waits cannot be added to what did not wait for it: then nothing is told here.
  const told = [...ledgersIn(log)].filter(([id, entries]) => !waits.has(id) || entries.every(({ kind }) => kind !== 'count'))
  const untold = new Set([...ledgersIn(log).keys()].filter((id) => !told.some(([each]) => each === id)))
  const found = [...new Set([...moved.keys(), ...waits.keys()])].filter((id) => !untold.has(id))
  return differences(
    'stock',
    found.map((id) => ({ id, milli: (moved.get(id) ?? 0) + (waits.get(id) ?? 0) })),
    told.map(([id, entries]) => ({ id, milli: onHandOf(entries) })),
  )
}

/** Every balance is what its ledger comes to. */
const checkLedgers = async ({ database, stores }: World): Promise<string[]> => {
  const faults = (await Promise.all(stores.map(({ storeId }) => checkBalances(database.eyes, storeId)))).flat()
  return faults.map(
    ({ storeId, itemId, balanceMilli, ledgerMilli }) =>
      `${itemId} at ${storeId}: ${balanceMilli} on hand, its ledger comes to ${ledgerMilli}`,
  )
}

/** Hub to ERP: each posting once, of the same amount, or held in front of a person. */
const checkPostings = async ({ database, erp, destroyed }: World, counting: readonly Counting[]): Promise<string[]> => {
  const postings = await database.look<{ key: string; state: string; amount: number }>(
    'select posting_key as key, state, amount_minor as amount from posting',
  )
  const held = await database.look<{ key: string }>(
    `select natural_key as key from exception where exception_id like 'posting:%' and state = 'open'`,
  )
  const expected = counting.filter(({ transaction }) => isPosted(transaction))
  const found = differences(
    'postings',
    postings.map(({ key, amount }) => ({ key, amount })),
    expected.map(({ key, transaction }) => ({ key, amount: transaction.totals.grandMinor })),
  )
  const booked = new Map<string, number[]>()
  for (const { reference, state, total } of erp.documents())
    if (state === 'confirmed') booked.set(reference, [...(booked.get(reference) ?? []), Math.round(Number(total) * 100)])
  for (const { key, state, amount } of postings) {
    const totals = booked.get(key) ?? []
    const isHeld = held.some((exception) => exception.key === key)
    if (state === 'held' && !isHeld) found.push(`posting ${key} is held, and nobody is told`)
    if (state === 'posted' && (totals.length !== 1 || totals[0] !== amount))
      found.push(`posting ${key} of ${amount} is in the ERP as ${totals.join(', ')}`)
    if (totals.length > 1) found.push(`posting ${key} is in the ERP ${totals.length} times`)
  }
  const known = new Set(postings.map(({ key }) => key))
  for (const reference of booked.keys())
    if (!known.has(reference) && destroyed.size === 0) found.push(`the ERP has ${reference}, which the hub does not know`)
  return found
}

const rebuilt: Readonly<Record<string, string>> = {
  sales: 'select * from sales_transaction',
  stock: `select 'balance' as what, store_id, item_id, '' as key, quantity_milli from stock_balance
    union all select kind, store_id, item_id, natural_key, quantity_milli from stock_movement`,
  exceptions: 'select exception_id, kind, state, owner, message from exception',
  'day-closes': 'select * from day_close',
  postings: 'select posting_key, state, erp_reference from posting',
}

/** Every projection equals its rebuild. */
const checkRebuild = async ({ database }: World): Promise<string[]> => {
  const found: string[] = []
  for (const projection of projections) {
    const look = rebuilt[projection.name] ?? 'select 1'
    const before = await database.look(look)
    await rebuildProjection(database.eyes, projection)
    found.push(...differences(`rebuilt ${projection.name}`, await database.look(look), before))
  }
  return found
}

/** Feeds converge: a store has what the hub has, and what does not parse is set aside. */
const checkFeeds = async ({ database, agents }: World): Promise<string[]> => {
  const entries = await database.look<{ feed: (typeof feedNames)[number]; scope: string; document_id: string; document: string }>(
    'select feed, scope, document_id, document from feed_entry where not deleted',
  )
  return agents.flatMap(({ name, computer, identity }) =>
    feedNames.flatMap((feed) => {
      const own = entries
        .filter((entry) => entry.feed === feed && entry.scope === feedScope(feed, identity.storeId))
        .map(({ document_id: id, document }) => ({ id, document: JSON.parse(document) as unknown }))
      const isGood = ({ id, document }: (typeof own)[number]): boolean => {
        const parsed = feedDocumentSchemas[feed].safeParse(document)
        return parsed.success && (feedDocumentIds[feed] as (d: unknown) => string)(parsed.data) === id
      }
      const held = [...computer.tables.feeds[feed].values()].map(({ id, document }) => ({ id, document }))
      const unparked = own.filter((entry) => !isGood(entry) && !computer.tables.parked.has(`feed:${feed}:${entry.id}`))
      return [
        ...differences(`feed ${feed} of ${name}`, held, own.filter(isGood)),
        ...unparked.map(({ id }) => `${name} did not set ${feed} ${id} aside`),
      ]
    }),
  )
}

const checkOwners = async ({ database }: World): Promise<string[]> =>
  (await database.look<{ exception_id: string }>(`select exception_id from exception where owner not in ('store', 'hub')`)).map(
    ({ exception_id }) => `exception ${exception_id} has no owner`,
  )

export const checkEnd = async (world: World): Promise<string[]> => {
  const log = await world.database.look<LogRow>('select * from record_log order by device_id, incarnation, seq')
  const counting = countingIn(log)
  return [
    ...checkAnswered(world, log),
    ...(await checkStreams(world, log)),
    ...(await checkSales(world, counting)),
    ...(await checkStock(world, log)),
    ...(await checkLedgers(world)),
    ...(await checkPostings(world, counting)),
    ...(await checkFeeds(world)),
    ...(await checkOwners(world)),
    ...(await checkRebuild(world)),
  ]
}
