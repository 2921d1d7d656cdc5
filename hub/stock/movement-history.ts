/** Why a figure is what it is: the movements of one item at one store, newest business day first, each with what it is to the figure. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Tables } from '../storage/tables.ts'
import { containment, isContained } from './containment.ts'
import type { MovementKind } from './movement.ts'
import type { WordedMovement } from './movement-words.ts'

export interface HistoryMovement extends WordedMovement {
  businessDay: string
  lineNumber: number
  recordId: string | null
  cursor: string
}

interface HistoryRow {
  natural_key: string
  line_number: number
  quantity_milli: number
  business_day: string
  kind: MovementKind
  device_id: string | null
  incarnation: string | null
  seq: number | null
  contained: boolean
  base_key: string | null
  base_id: string | null
  document_id: string | null
  other_store_id: string | null
  transfer_id: string | null
  document_reason: string | null
  correction_reason: string | null
}

/** The order's fields: day, device, incarnation, seq, key, line. */
const cursorSchema = z.tuple([z.iso.date(), z.string(), z.string(), z.int(), z.string(), z.int()])

const cursorOf = (row: HistoryRow): string => {
  const fields = [row.business_day, row.device_id ?? '', row.incarnation ?? '', row.seq ?? 0, row.natural_key, row.line_number]
  return Buffer.from(JSON.stringify(fields)).toString('base64url')
}

export const readCursor = (text: string): z.infer<typeof cursorSchema> | null => {
  try {
    return cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data ?? null
  } catch {
    return null
  }
}

const order = sql`(business_day, coalesce(device_id, ''), coalesce(incarnation, ''), coalesce(seq, 0), natural_key, line_number)`

interface HistoryQuery {
  storeId: string
  itemId: string
  limit: number
  /** Those that are older than this one. */
  before?: z.infer<typeof cursorSchema> | undefined
}

export const readHistory = async (db: Kysely<Tables>, { storeId, itemId, limit, before }: HistoryQuery): Promise<HistoryMovement[]> => {
  const older = before
    ? sql`and ${order} < (${before[0]}::date, ${before[1]}::text, ${before[2]}::text, ${before[3]}::bigint, ${before[4]}::text, ${before[5]}::int)`
    : sql``
  const own = sql`store_id = ${storeId} and item_id = ${itemId}`
  const { rows } = await sql<HistoryRow>`
    select m.*, ${isContained} as contained, b.natural_key as base_key, k.document_id as base_id, d.document_id, d.other_store_id, d.transfer_id,
      d.reason as document_reason, c.reason as correction_reason
    from (
      select *, row_number() over (order by ${order} desc) as place from stock_movement where ${own} ${older} order by ${order} desc limit ${limit}) m
    ${containment}
    left join stock_document d on d.store_id = m.store_id and d.natural_key = m.natural_key
    left join stock_document k on k.store_id = m.store_id and k.natural_key = b.natural_key
    left join stock_correction c on c.natural_key = m.natural_key
    order by m.place`.execute(db)
  return rows.map((row) => movementOf(storeId, row))
}

const movementOf = (storeId: string, row: HistoryRow): HistoryMovement => ({
  storeId,
  naturalKey: row.natural_key,
  kind: row.kind,
  quantityMilli: row.quantity_milli,
  businessDay: row.business_day,
  lineNumber: row.line_number,
  recordId: row.seq === null ? null : `${row.device_id}:${row.incarnation}:${row.seq}`,
  document:
    row.document_id === null
      ? undefined
      : { documentId: row.document_id, otherStoreId: row.other_store_id, transferId: row.transfer_id, reason: row.document_reason },
  reason: row.correction_reason ?? undefined,
  standing: standingOf(row),
  baseId: row.base_id,
  cursor: cursorOf(row),
})

const standingOf = ({ kind, contained, natural_key, base_key }: HistoryRow): WordedMovement['standing'] => {
  if (kind === 'count') return natural_key === base_key ? 'base' : 'superseded'
  return contained ? 'contained' : 'counted'
}
