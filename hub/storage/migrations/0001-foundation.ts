/**
 * The foundation: devices, the transaction log, projections' positions and effects, catalogue feeds, postings, exceptions.
 * `record_log` is append-only; everything below "projections" can be dropped and rebuilt from it.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  // Stores and devices
  `create table store (
     store_id text primary key, name text not null, currency text not null, time_zone text not null,
     created_at timestamptz not null default now())`,
  `create table device (
     device_id text primary key, store_id text not null references store, public_key text not null, host_name text not null,
     enrolled_at timestamptz not null default now(), revoked_at timestamptz, last_seen_at timestamptz, agent_version text)`,
  `create table enrolment_code (
     code_hash text primary key, store_id text not null references store, expires_at timestamptz not null,
     used_at timestamptz, used_by text)`,

  // The log: one stream per device incarnation; the watermark row is the lock of its single writer
  `create table device_stream (
     device_id text not null references device, incarnation text not null,
     acked_seq bigint not null default 0, head_hash text not null,
     first_seen_at timestamptz not null default now(), last_batch_at timestamptz,
     primary key (device_id, incarnation))`,
  `create table record_log (
     device_id text not null, incarnation text not null, seq bigint not null, store_id text not null,
     kind text not null, verdict text not null, reason text, natural_key text,
     captured_at text not null, received_at timestamptz not null default now(),
     payload text not null, payload_hash text not null, previous_hash text not null,
     primary key (device_id, incarnation, seq))`,
  `create index record_log_verdict on record_log (device_id, incarnation, seq) where verdict <> 'accepted'`,
  // One natural key counts once, whichever device brings it: the first accepted record holds it.
  `create unique index record_log_natural_key on record_log (store_id, natural_key) where verdict = 'accepted' and natural_key is not null`,

  // Projections: effect and position commit together
  `create table projection_position (
     projection text not null, device_id text not null, incarnation text not null, seq bigint not null default 0,
     primary key (projection, device_id, incarnation))`,
  `create table sales_transaction (
     store_id text not null, natural_key text not null primary key, workstation_id text not null, business_day date not null,
     sequence_number bigint not null, kind text not null, ended_at text not null, currency text not null,
     net_minor bigint not null, tax_minor bigint not null, grand_minor bigint not null,
     device_id text not null, incarnation text not null, seq bigint not null)`,
  `create index sales_transaction_day on sales_transaction (store_id, business_day, workstation_id, sequence_number)`,
  `create table day_total (
     store_id text not null, business_day date not null, workstation_id text not null, currency text not null,
     measure text not null, key text not null, count bigint not null, amount_minor bigint not null,
     primary key (store_id, business_day, workstation_id, currency, measure, key))`,
  `create table stock_movement (
     store_id text not null, natural_key text not null, line_number int not null, item_id text not null,
     quantity_milli bigint not null, business_day date not null,
     primary key (store_id, natural_key, line_number, item_id))`,
  `create index stock_movement_item on stock_movement (store_id, item_id)`,
  `create table stock_balance (
     store_id text not null, item_id text not null, quantity_milli bigint not null, primary key (store_id, item_id))`,
  `create table exception (
     exception_id text primary key, kind text not null, store_id text, natural_key text, record_id text, item_id text,
     message text not null, amount_minor bigint, currency text, owner text not null, state text not null default 'open',
     created_at timestamptz not null default now(), resolved_at timestamptz)`,
  `create index exception_open on exception (state, created_at)`,

  // The ERP outbox. The key is the natural key: one posting a transaction, for ever.
  `create table posting (
     posting_key text primary key, store_id text not null, business_day date not null, connector text not null,
     state text not null, step text, attempts int not null default 0, next_attempt_at timestamptz not null default now(),
     erp_reference text, error_code text, message text, amount_minor bigint not null, currency text not null,
     payload text not null, created_at timestamptz not null default now(), posted_at timestamptz, locked_until timestamptz)`,
  `create index posting_due on posting (next_attempt_at) where state in ('waiting', 'in-doubt')`,
  `create index posting_store on posting (store_id, state)`,

  // Catalogue and feeds. feed_head's row lock is held to commit, so checkpoints become visible in their own order.
  `create table item (
     item_id text primary key, name text not null, barcodes text[] not null, unit text not null,
     tax_code text not null, tax_rate_micro bigint not null, erp_id text, updated_at timestamptz not null default now())`,
  `create index item_barcodes on item using gin (barcodes)`,
  `create table price (
     price_id text primary key, item_id text not null references item, store_id text not null references store,
     amount_minor bigint not null, currency text not null, effective_from timestamptz not null, effective_to timestamptz,
     source text not null, created_at timestamptz not null default now())`,
  `create index price_store_item on price (store_id, item_id, effective_from)`,
  `create table assortment (
     store_id text not null references store, item_id text not null references item, listed boolean not null,
     primary key (store_id, item_id))`,
  `create table feed_head (feed text not null, scope text not null, checkpoint bigint not null default 0, primary key (feed, scope))`,
  `create table feed_entry (
     feed text not null, scope text not null, document_id text not null, checkpoint bigint not null,
     deleted boolean not null default false, document text not null, primary key (feed, scope, document_id))`,
  `create unique index feed_entry_order on feed_entry (feed, scope, checkpoint)`,
  `create table connector_state (connector text not null, key text not null, value text not null, primary key (connector, key))`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
