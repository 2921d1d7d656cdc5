/**
 * Projection `stock`: the ledger of movements, what it comes to per store and item, and the lines that wait to know their item.
 *
 *   accepted transaction or document ─▶ movements ─▶ balance        a count ─▶ the balances of its items are derived anew
 *   one that came before             ─▶ another place of the same   what the hub booked itself is kept, and is in the ledger too
 */
import { sql, type Transaction } from 'kysely'
import { exceptionId, type HubException, raiseExceptions } from '../exception/exception.ts'
import { readIdentities } from '../identity/identities.ts'
import type { WaitingLineRow } from '../identity/tables.ts'
import { insertWaiting, lockGroups, mergeWaitingWithin, takenKeys, waitingId } from '../identity/waiting-lines.ts'
import { recordIdOfRow } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import { storable } from '../storage/storable.ts'
import type { Tables } from '../storage/tables.ts'
import { type Original, returnClaims } from '../merge/policies/return-claims.ts'
import { addMovements, settleCounts } from './balance.ts'
import { placeCorrections } from './count-conflicts.ts'
import { bookCorrections } from './corrections.ts'
import type { StockEffects } from './movement.ts'
import { effectsOf, linesOf, sourcesOf, type StockSource } from './source.ts'
import { lockTouched, type Receipt, readTouched, type Touched } from './return-lookup.ts'
import { addClaims, settleReturns } from './returns.ts'
import type { ReturnClaimRow, StockPlaceRow } from './tables.ts'

type Trx = Transaction<Tables>
type Effected = StockSource & StockEffects

const movementRows = ({ row, naturalKey, businessDay, movements }: Effected) =>
  movements.map(({ lineNumber, itemId, kind, quantityMilli }) => ({
    store_id: row.store_id,
    natural_key: naturalKey,
    line_number: lineNumber,
    item_id: itemId,
    quantity_milli: quantityMilli,
    business_day: businessDay,
    kind,
    device_id: row.device_id,
    incarnation: row.incarnation,
    seq: row.seq,
  }))

const waitingRows = ({ row, naturalKey, businessDay, currency, waiting }: Effected): WaitingLineRow[] =>
  waiting.map((line) => ({
    store_id: row.store_id,
    natural_key: naturalKey,
    line_number: line.lineNumber,
    given_item: line.itemId ?? '',
    given_barcode: line.barcode ?? '',
    description: storable(line.description),
    exception_id: waitingId(row.store_id, line.identifier),
    identifier: storable(line.identifier),
    quantity_milli: line.quantityMilli,
    amount_minor: line.amountMinor,
    currency,
    business_day: businessDay,
  }))

const flagExceptions = ({ row, naturalKey, currency, flags }: Effected): HubException[] =>
  flags.map(({ lineNumber, itemId, message, amountMinor }) => ({
    exceptionId: exceptionId('SCALE_DIFFERS', `${naturalKey}:${lineNumber}`),
    kind: 'SCALE_DIFFERS',
    storeId: row.store_id,
    naturalKey,
    recordId: recordIdOfRow(row),
    itemId,
    message: `Line ${lineNumber}: ${message}.`,
    amountMinor,
    currency,
  }))

const claimRows = ({ row, naturalKey, currency, transaction }: StockSource): ReturnClaimRow[] =>
  (transaction ? returnClaims(transaction) : []).map(({ lineNumber, relation, original, amountMinor }) => ({
    ...{ store_id: row.store_id, natural_key: naturalKey, line_number: lineNumber, relation },
    ...{ original_store_id: original.storeId, original_key: original.naturalKey, amount_minor: amountMinor, currency },
  }))

const receiptOf = ({ row, naturalKey, transaction }: StockSource): Receipt[] => (transaction ? [{ storeId: row.store_id, naturalKey }] : [])

/** A person's decisions stay. */
const emptied = [
  ...(['stock_movement', 'stock_balance', 'stock_place', 'stock_document', 'stock_base', 'waiting_line'] as const),
  ...(['return_claim', 'return_hold'] as const),
]

const naturalKeyOf = (each: StockSource | StockPlaceRow): string => ('naturalKey' in each ? each.naturalKey : each.natural_key)

export const stockProjection: Projection = {
  name: 'stock',
  heeds: ['transaction', 'stock-document'],
  tables: {
    stock_movement: 'movements of stock',
    stock_balance: 'balances of stock',
    stock_place: 'further places of receipts and documents',
    stock_document: 'stock documents',
    stock_base: 'counts that balances stand on',
    waiting_line: 'lines that wait for their item',
    return_claim: 'returned lines that name their sale',
    return_hold: 'parts of returns that are held',
  },
  settles: ['UNKNOWN_ITEM:', 'RETURN_EXCEEDS_SALE:', 'RETURN_WITHOUT_SALE:'],
  mixesStreams: true,
  isUrgent: true,

  apply: async (trx, records) => {
    const { sources, repeated } = sourcesOf(records)
    if (sources.length + repeated.length === 0) return
    const storeIds = [...new Set(records.map((row) => row.store_id))].sort()
    const counted = sources.filter(({ document }) => document?.documentKind === 'count')
    const claims = sources.flatMap(claimRows)
    const receipts = sources.flatMap(receiptOf)
    const look = (): Promise<Touched> => readTouched(trx, receipts, claims)
    const originals = await lockTouched(trx, storeIds, counted.length + repeated.length > 0 ? 'alone' : 'shared', look)
    await addPlaces(trx, repeated)
    await addDocuments(trx, sources)
    const identities = await readIdentities(trx, sources.flatMap(linesOf))
    const effects = sources.map((source): Effected => ({ ...source, ...effectsOf(source, identities) }))
    await addWaiting(trx, effects)
    await raiseExceptions(trx, effects.flatMap(flagExceptions))
    await addClaims(trx, claims)
    await settleReturns(trx, originals)
    for (const storeId of storeIds) {
      const own = [...counted.filter(({ row }) => row.store_id === storeId), ...repeated.filter((place) => place.store_id === storeId)]
      await settleCounts(trx, storeId, own.map(naturalKeyOf))
    }
  },

  reset: async (trx) => {
    for (const table of emptied) await trx.deleteFrom(table).execute()
    await bookCorrections(trx)
    await placeCorrections(trx, 'all')
  },

  catchUp: async (trx) => {
    await bookCorrections(trx)
    await settleDecided(trx)
    await mergeWaitingWithin(trx)
    await settleReturns(trx, await readDecided(trx))
  },
}

/** Corrections on whose place beside a count somebody, or a rule, has decided. */
const settleDecided = async (trx: Trx): Promise<void> => {
  await placeCorrections(trx, 'all')
  const { rows } = await sql<{ store_id: string; keys: string[] }>`
    select c.store_id, array_agg(c.natural_key) as keys from stock_correction c
    where exists (select from stock_place p where p.store_id = c.store_id and p.natural_key = c.natural_key) group by 1 order by 1`.execute(
    trx,
  )
  for (const { store_id, keys } of rows) await settleCounts(trx, store_id, keys)
}

/** Sales on whose returns persons have decided. */
const readDecided = async (trx: Trx): Promise<Original[]> => {
  const { rows } = await sql<Original>`
    select distinct original_store_id as "storeId", original_key as "naturalKey" from return_decision order by 1, 2`.execute(trx)
  return rows
}

/** What moves now, and what waits. The order matters: a receipt that was taken before has neither. */
const addWaiting = async (trx: Trx, effects: readonly Effected[]): Promise<void> => {
  const withWaiting = effects.filter(({ waiting }) => waiting.length > 0)
  const waiting = withWaiting.flatMap(waitingRows)
  await lockGroups(
    trx,
    waiting.map((row) => row.exception_id),
  )
  const taken = await takenKeys(
    trx,
    withWaiting.map(({ row, naturalKey }) => ({ storeId: row.store_id, naturalKey })),
  )
  await addMovements(trx, effects.flatMap(movementRows), 'once')
  await insertWaiting(
    trx,
    waiting.filter((row) => !taken.has(row.natural_key)),
  )
}

const addPlaces = async (trx: Trx, places: readonly StockPlaceRow[]): Promise<void> => {
  if (places.length === 0) return
  await sql`
    insert into stock_place
    select store_id, natural_key, device_id, incarnation, min(seq) from json_populate_recordset(null::stock_place, ${JSON.stringify(places)}::json)
    group by 1, 2, 3, 4
    on conflict (store_id, natural_key, device_id, incarnation) do update set seq = least(stock_place.seq, excluded.seq)`.execute(trx)
}

const addDocuments = async (trx: Trx, sources: readonly StockSource[]): Promise<void> => {
  const rows = sources.flatMap(({ naturalKey, document }) =>
    document === undefined
      ? []
      : [
          {
            store_id: document.storeId,
            natural_key: naturalKey,
            document_id: storable(document.documentId),
            document_kind: document.documentKind,
            business_day: document.businessDay,
            at: document.at,
            other_store_id: document.otherStoreId ?? null,
            transfer_id: document.transferId === undefined ? null : storable(document.transferId),
            reason: document.reason === undefined ? null : storable(document.reason),
          },
        ],
  )
  if (rows.length === 0) return
  await sql`insert into stock_document select * from json_populate_recordset(null::stock_document, ${JSON.stringify(rows)}::json)
    on conflict do nothing`.execute(trx)
}
