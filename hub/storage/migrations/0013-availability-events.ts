/**
 * Availability events: which keys have changed, the newest event of each key, and who is told. Whatever writes a balance or a reservation
 * marks its keys within its own transaction, by triggers: no writer can forget to, and none waits for another to mark the same key.
 */
import { type Kysely, sql } from 'kysely'

const marksBy = (table: string, operation: string, rows: string, marker: string): string =>
  `create trigger availability_${operation} after ${operation} on ${table} referencing ${rows} table as changed_rows
   for each statement execute function ${marker}()`

const marker = (name: string, keys: string): string =>
  `create function ${name}() returns trigger language plpgsql as $$
   begin insert into availability_change (store_id, item_id) ${keys}; return null; end $$`

const statements = [
  // Appended to, never updated: what is marked twice is evaluated once all the same
  'create table availability_change (change_id bigserial primary key, store_id text not null, item_id text not null)',
  // The newest event of each key: a newer one takes the place of the older one
  `create table availability_event (
     store_id text not null, item_id text not null, sequence bigint not null, available_milli bigint not null, on_hand_milli bigint not null,
     reserved_milli bigint not null, confidence_ppm int not null, as_of timestamptz not null, reason text not null,
     primary key (store_id, item_id))`,
  'create unique index availability_event_sequence on availability_event (sequence)',
  'create table availability_head (is_only boolean primary key default true check (is_only), sequence bigint not null)',
  'insert into availability_head (sequence) values (0)',
  `create table subscription (
     subscription_id text primary key, kind text not null, url text not null, store_ids text[], secret text not null, previous_secret text,
     previous_until timestamptz, sequence bigint not null, state text not null default 'active', failures int not null default 0,
     failing_since timestamptz, next_attempt_at timestamptz not null default now(), last_error text, delivered_at timestamptz,
     holder text, held_until timestamptz, created_at timestamptz not null default now())`,
  // What was known of a store when its figures were last looked through, and how far a look through them has come
  `create table availability_sweep (
     store_id text primary key references store, looked_at timestamptz not null default '-infinity', known text, after_item text)`,
  "create index reservation_receipt on reservation (receipt) where state = 'active' and receipt is not null",
  marker('mark_keys', 'select store_id, item_id from changed_rows'),
  marker('mark_reservations', 'select l.store_id, l.item_id from changed_rows join reservation_line l using (reservation_id)'),
  // A movement of the receipt that hands reserved goods over ends what is reserved at its store, of every item
  marker(
    'mark_consumed',
    `select l.store_id, l.item_id from reservation r join changed_rows m on m.natural_key = r.receipt
     join reservation_line l on l.reservation_id = r.reservation_id and l.store_id = m.store_id
     where r.state = 'active' and r.receipt is not null`,
  ),
  marksBy('stock_balance', 'insert', 'new', 'mark_keys'),
  marksBy('stock_balance', 'update', 'new', 'mark_keys'),
  marksBy('stock_balance', 'delete', 'old', 'mark_keys'),
  marksBy('reservation_line', 'insert', 'new', 'mark_keys'),
  marksBy('reservation_line', 'update', 'new', 'mark_keys'),
  marksBy('reservation_line', 'delete', 'old', 'mark_keys'),
  marksBy('reservation', 'update', 'new', 'mark_reservations'),
  marksBy('stock_movement', 'insert', 'new', 'mark_consumed'),
  // What was there before anybody listened
  'insert into availability_change (store_id, item_id) select store_id, item_id from stock_balance',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
