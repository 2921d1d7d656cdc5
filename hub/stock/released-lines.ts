/** Stock of lines that waited for their item: added to what their receipt or document moved before, as of the place of its record. */
import { sql, type Transaction } from 'kysely'
import type { WaitingLineRow } from '../identity/tables.ts'
import type { Tables } from '../storage/tables.ts'
import { addMovements, settleCounts } from './balance.ts'
import type { MovementKind } from './movement.ts'

type Trx = Transaction<Tables>
export type ReleasedLine = WaitingLineRow & { item_id: string }

interface SourceRow {
  store_id: string
  natural_key: string
  device_id: string
  incarnation: string
  seq: number
  document_kind: MovementKind | null
  transaction_kind: string | null
}

/** The stores' locks are held alone. */
export const addReleased = async (trx: Trx, released: readonly ReleasedLine[]): Promise<void> => {
  const sources = await readSources(trx, released)
  const kindOf = ({ natural_key, quantity_milli }: ReleasedLine): MovementKind => {
    const source = sources.get(natural_key)
    if (source?.document_kind) return source.document_kind
    if (source?.transaction_kind === 'post-void') return 'post-void'
    return quantity_milli > 0 ? 'return' : 'sale'
  }
  const movements = released.map((line) => {
    const { store_id, natural_key, line_number, item_id, quantity_milli, business_day } = line
    const { device_id = null, incarnation = null, seq = null } = sources.get(natural_key) ?? {}
    const place = { device_id, incarnation, seq }
    return { store_id, natural_key, line_number, item_id, quantity_milli, business_day, kind: kindOf(line), ...place }
  })
  await addMovements(trx, movements, 'more')
  const counted = movements.filter(({ kind }) => kind === 'count')
  for (const storeId of [...new Set(counted.map((each) => each.store_id))].sort())
    await settleCounts(trx, storeId, [...new Set(counted.filter((each) => each.store_id === storeId).map((each) => each.natural_key))])
}

const readSources = async (trx: Trx, released: readonly ReleasedLine[]): Promise<Map<string, SourceRow>> => {
  const keys = released.map(({ store_id, natural_key }) => ({ store_id, natural_key }))
  const { rows } = await sql<SourceRow>`
    select l.store_id, l.natural_key, l.device_id, l.incarnation, l.seq, d.document_kind,
      case l.kind when 'transaction' then l.payload::json ->> 'kind' end as transaction_kind
    from (select distinct * from json_to_recordset(${JSON.stringify(keys)}::json) as k (store_id text, natural_key text)) k
    join record_log l on l.store_id = k.store_id and l.natural_key = k.natural_key and l.verdict = 'accepted'
    left join stock_document d on d.store_id = k.store_id and d.natural_key = k.natural_key`.execute(trx)
  return new Map(rows.map((row) => [row.natural_key, row]))
}
