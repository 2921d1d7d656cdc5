/**
 * The ledger of stock: each movement with its kind and the place of its record, counts, documents, and what the hub books itself. What was
 * moved before is told apart by the log's records; there were no counts, so the balances stay as they are.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `alter table stock_movement add column kind text not null default 'sale', add column device_id text, add column incarnation text,
     add column seq bigint`,
  `update stock_movement m set device_id = r.device_id, incarnation = r.incarnation, seq = r.seq, kind = case
     when r.payload::json ->> 'kind' = 'post-void' then 'post-void' when m.quantity_milli > 0 then 'return' else 'sale' end
   from record_log r where r.store_id = m.store_id and r.natural_key = m.natural_key and r.verdict = 'accepted'`,
  `create index stock_movement_count on stock_movement (store_id, item_id) where kind = 'count'`,
  // Where else a movement's record stands: a new life carried it over, or another device has it too
  `create table stock_place (
     store_id text not null, natural_key text not null, device_id text not null, incarnation text not null, seq bigint not null,
     primary key (store_id, natural_key, device_id, incarnation))`,
  `insert into stock_place select store_id, natural_key, device_id, incarnation, min(seq) from record_log
   where verdict = 'duplicate' and natural_key is not null group by 1, 2, 3, 4`,
  // What a store's documents say besides their lines
  `create table stock_document (
     store_id text not null, natural_key text not null, document_id text not null, document_kind text not null, business_day date not null,
     at text not null, other_store_id text, transfer_id text, reason text, primary key (store_id, natural_key))`,
  'create index stock_document_transfer on stock_document (document_kind, other_store_id)',
  // The count that a balance stands on
  `create table stock_base (
     store_id text not null, item_id text not null, natural_key text not null, counted_milli bigint not null, business_day date not null,
     device_id text not null, incarnation text not null, seq bigint not null, primary key (store_id, item_id))`,
  // Booked by the hub for an operator or the ERP; no record of a store says it, so a rebuild takes it from here
  `create table stock_correction (
     correction_key text primary key, natural_key text not null unique, store_id text not null references store, item_id text not null,
     kind text not null, quantity_milli bigint not null, business_day date not null, reason text not null,
     booked_at timestamptz not null default now())`,
  // The last comparison with the ERP of each store
  `create table stock_comparison (
     store_id text primary key references store, compared_on date not null, compared_at timestamptz not null default now(),
     outcome text not null, items int not null, differing int not null)`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
