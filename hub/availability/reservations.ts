/**
 * Reservations [AVL5] [AVL6]: a cart's is soft and ends by itself, an order's is hard and ends when it is released or its goods are
 * handed over. Nothing here waits for a worker: an expired reservation holds nothing back from the moment it expires.
 */
import { sql, type Transaction } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { type AskedLine, grantLines, type GrantedLine, type ShortLine } from './granted-lines.ts'
import { readFigures } from './figures.ts'
import { endExpired, keyText, lockKeys, type StockKey } from './promised-stock.ts'
import { promisableMilli } from './ruled-stock.ts'

export interface ReservationAsk {
  reservationId: string
  kind: 'soft' | 'hard'
  channel: string
  fill: 'all' | 'possible'
  /** Of a soft one. */
  expiresInSeconds: number
  lines: readonly AskedLine[]
}

export type ReservationState = 'active' | 'released' | 'consumed' | 'expired'

export interface Reservation {
  reservationId: string
  kind: 'soft' | 'hard'
  state: ReservationState
  channel: string
  expiresAt: string | null
  receipt: string | null
  lines: GrantedLine[]
}

export type ReserveOutcome =
  | { outcome: 'reserved'; reservation: Reservation; isNew: boolean }
  | { outcome: 'not-enough'; short: ShortLine[] }
  | { outcome: 'other-content' }
  | { outcome: 'unknown-store'; storeId: string }

const contentOf = ({ kind, channel, fill, expiresInSeconds, lines }: ReservationAsk): string =>
  JSON.stringify([
    kind,
    channel,
    fill,
    kind === 'soft' ? expiresInSeconds : null,
    lines.map((l) => [l.itemId, l.quantityMilli, l.storeIds]),
  ])

/** Thrown inside a transaction to undo it; the answer goes out all the same. */
class Refused extends Error {
  override name = 'Refused'
  readonly answer: ReserveOutcome
  constructor(answer: ReserveOutcome) {
    super(answer.outcome)
    this.answer = answer
  }
}

/** A refusal leaves nothing behind: the same id may ask again later. */
export const reserve = async (db: Database, ask: ReservationAsk): Promise<ReserveOutcome> =>
  db
    .transaction()
    .execute((trx) => reserveWithin(trx, ask, db))
    .catch((error: unknown) => {
      if (error instanceof Refused) return error.answer
      throw error
    })

const reserveWithin = async (trx: Transaction<Tables>, ask: ReservationAsk, db: Database): Promise<ReserveOutcome> => {
  const content = contentOf(ask)
  const seconds = ask.kind === 'soft' ? ask.expiresInSeconds : null
  const { rows } = await sql`
    insert into reservation (reservation_id, kind, state, channel, content, expires_at)
    values (${ask.reservationId}, ${ask.kind}, 'active', ${ask.channel}, ${content}, now() + ${seconds}::int * interval '1 second')
    on conflict do nothing returning reservation_id`.execute(trx)
  if (rows.length === 0) {
    const kept = await trx.selectFrom('reservation').select('content').where('reservation_id', '=', ask.reservationId).executeTakeFirst()
    const reservation = await readReservation(trx, ask.reservationId)
    if (reservation === null || kept?.content !== content) return { outcome: 'other-content' }
    return { outcome: 'reserved', reservation, isNew: false }
  }
  await refuseUnknownStores(trx, ask)
  const keys: StockKey[] = ask.lines.flatMap(({ itemId, storeIds }) => storeIds.map((storeId) => ({ storeId, itemId })))
  await lockKeys(trx, keys)
  await endExpired(trx, keys)
  const free = await readPromisable(trx, keys, ask, db)
  const grant = grantLines(ask.lines, (storeId, itemId) => free.get(keyText({ storeId, itemId })) ?? 0, ask.fill)
  if (grant.outcome === 'not-enough') throw new Refused(grant)
  const { reservationId: reservation_id } = ask
  await trx
    .insertInto('reservation_line')
    .values(
      grant.lines.map((line) => ({
        ...{ reservation_id, line_number: line.lineNumber, store_id: line.storeId },
        ...{ item_id: line.itemId, quantity_milli: line.quantityMilli },
      })),
    )
    .execute()
  const reservation = await readReservation(trx, reservation_id)
  if (reservation === null) throw new Error('a reservation that was just made is not there')
  return { outcome: 'reserved', reservation, isNew: true }
}

/**
 * A cart takes no more than its channel's figure: nobody was promised anything yet. An order was, when the channel showed its figure: what
 * is held back for doubt is not held against it, the merchant's rules are. For the store's own channel no rule holds.
 */
const readPromisable = async (trx: Transaction<Tables>, keys: readonly StockKey[], { kind, channel }: ReservationAsk, db: Database) => {
  const { figures } = await readFigures(trx, keys, channel, db)
  return new Map(
    figures.map((figure) => [keyText(figure), promisableMilli(figure.stock, kind === 'soft' ? figure.withheldMilli : 0)] as const),
  )
}

const refuseUnknownStores = async (trx: Transaction<Tables>, { lines }: ReservationAsk): Promise<void> => {
  const asked = [...new Set(lines.flatMap(({ storeIds }) => storeIds))]
  const known = new Set((await trx.selectFrom('store').select('store_id').where('store_id', 'in', asked).execute()).map((s) => s.store_id))
  const storeId = asked.find((each) => !known.has(each))
  if (storeId !== undefined) throw new Refused({ outcome: 'unknown-store', storeId })
}

interface ReservationRow {
  reservation_id: string
  kind: 'soft' | 'hard'
  state: ReservationState
  channel: string
  expires_at: Date | null
  receipt: string | null
}

/** As it stands now: one past its time is expired, one whose receipt moved the stock at each of its stores is consumed, tidied up or not. */
export const readReservation = async (db: Database | Transaction<Tables>, reservationId: string): Promise<Reservation | null> => {
  const { rows } = await sql<ReservationRow>`
    select reservation_id, kind, channel, expires_at, receipt,
      case when state <> 'active' then state
        when expires_at <= now() then 'expired'
        when receipt is not null and not exists (select from reservation_line l where l.reservation_id = r.reservation_id and not exists (
          select from stock_movement m where m.store_id = l.store_id and m.natural_key = r.receipt)) then 'consumed'
        else state end as state
    from reservation r where reservation_id = ${reservationId}`.execute(db)
  const [row] = rows
  if (row === undefined) return null
  const lines = await db
    .selectFrom('reservation_line')
    .selectAll()
    .where('reservation_id', '=', reservationId)
    .orderBy('line_number')
    .orderBy('store_id')
    .execute()
  return {
    ...{ reservationId, kind: row.kind, state: row.state, channel: row.channel },
    ...{ expiresAt: row.expires_at?.toISOString() ?? null, receipt: row.receipt },
    lines: lines.map((l) => ({ lineNumber: l.line_number, storeId: l.store_id, itemId: l.item_id, quantityMilli: l.quantity_milli })),
  }
}

export type ReservationStep = { step: 'confirm' } | { step: 'release' } | { step: 'consume'; receipt?: string | undefined }
export type StepOutcome =
  | { outcome: 'done'; reservation: Reservation }
  | { outcome: 'ended'; state: ReservationState }
  | { outcome: 'unknown' }

const endStates = { release: 'released', consume: 'consumed' } as const

/** Each step may be repeated. What has ended otherwise is not brought back: its stock may be promised to somebody else. */
export const takeStep = async (db: Database, reservationId: string, step: ReservationStep): Promise<StepOutcome> =>
  db.transaction().execute(async (trx) => {
    await trx.selectFrom('reservation').select('reservation_id').where('reservation_id', '=', reservationId).forUpdate().execute()
    const before = await readReservation(trx, reservationId)
    if (before === null) return { outcome: 'unknown' }
    const isRepeated = step.step !== 'confirm' && before.state === endStates[step.step]
    if (isRepeated || (step.step === 'confirm' && before.kind === 'hard' && before.state === 'active'))
      return { outcome: 'done', reservation: before }
    if (before.state !== 'active') return { outcome: 'ended', state: before.state }
    await changeReservation(trx, reservationId, step)
    const reservation = await readReservation(trx, reservationId)
    return reservation === null ? { outcome: 'unknown' } : { outcome: 'done', reservation }
  })

/** With a receipt, the goods stay held until its movement lowers the stock: between the two they must not be offered again. */
const changeReservation = async (trx: Transaction<Tables>, reservationId: string, step: ReservationStep): Promise<void> => {
  const update = trx.updateTable('reservation').where('reservation_id', '=', reservationId)
  if (step.step === 'confirm') await update.set({ kind: 'hard', expires_at: null }).execute()
  else if (step.step === 'consume' && step.receipt !== undefined)
    await update.set({ receipt: step.receipt, kind: 'hard', expires_at: null }).execute()
  else {
    await update.set({ state: endStates[step.step], ended_at: sql`now()` }).execute()
    await trx.updateTable('reservation_line').set({ is_open: false }).where('reservation_id', '=', reservationId).execute()
  }
}
