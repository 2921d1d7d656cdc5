/** What is promised of the stock, what changed since the last published figure, and who is told. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table reservation (
     reservation_id text primary key, kind text not null, state text not null, channel text not null, content text not null,
     expires_at timestamptz, receipt text, created_at timestamptz not null default now(), ended_at timestamptz)`,
  `create index reservation_expiry on reservation (expires_at) where state = 'active' and expires_at is not null`,
  `create table reservation_line (
     reservation_id text not null references reservation, line_number int not null, store_id text not null references store,
     item_id text not null, quantity_milli bigint not null, primary key (reservation_id, line_number, store_id))`,
  'create index reservation_line_key on reservation_line (store_id, item_id)',
  // One row per key that was ever promised: locked while its stock is given away
  'create table availability_key (store_id text not null, item_id text not null, primary key (store_id, item_id))',
  'create index stock_movement_recent on stock_movement (store_id, item_id, business_day) include (quantity_milli)',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
