/**
 * Prices of the stores' own, what was decided where store and centre did not know of each other, and the rules for it. A correction of
 * stock notes how far the store's records had come when it was booked; of those booked before nothing is known, and they stay as they are.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table override_rules (
     version int primary key, rules text not null, set_by text not null, reason text not null, set_at timestamptz not null default now())`,
  `create table price_override (
     natural_key text primary key, store_id text not null, item_id text not null, override text not null, device_id text not null,
     incarnation text not null, seq bigint not null)`,
  // Kept over a rebuild, with both sides as they were
  `create table override_ruling (
     ruling_id text primary key, field text not null, store_id text not null, item_id text not null, store_side text not null,
     centre_side text not null, winner text not null, basis text not null, owner text not null, reason text not null, rules_version int,
     ruled_at timestamptz not null default now(), decided_winner text, decided_reason text, decided_basis text, decided_at timestamptz)`,
  'create index override_ruling_newest on override_ruling (ruled_at desc, ruling_id)',
  `create index override_ruling_waiting on override_ruling (store_id) where winner = 'person' and decided_winner is null`,
  `create index override_ruling_store on override_ruling (store_id, item_id)`,
  // What the feed has of a store's own prices; apart from the centre's, which goes on as if they were not there
  `create table store_price (
     price_id text primary key, ruling_id text not null references override_ruling, store_id text not null references store,
     item_id text not null, amount_minor bigint not null, currency text not null, effective_from timestamptz not null,
     effective_to timestamptz, withdrawn_at timestamptz, left_feed_at timestamptz)`,
  'create index store_price_item on store_price (store_id, item_id, effective_from)',
  'create index store_price_ruling on store_price (ruling_id)',
  'alter table stock_correction add column arrived text',
  'create index stock_correction_item on stock_correction (store_id, item_id) where arrived is not null',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
