/**
 * How stores and hub keep in step: the epochs of the hub's data, what each agent last told of itself, comparisons by business day,
 * each store's windows and bounds, and support bundles.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table hub_epoch (
     number bigint generated always as identity primary key, epoch text not null unique, reason text not null, system text not null,
     began_at timestamptz not null default now())`,
  `create table device_report (
     device_id text primary key references device, incarnation text not null, reported_at timestamptz not null default now(),
     pending bigint not null, oldest_captured_at text, report text not null)`,
  `create table day_comparison (
     device_id text not null references device, incarnation text not null, business_day date not null, store_id text not null,
     compared_at timestamptz not null default now(), outcome text not null, count bigint not null, digest text not null,
     filled_in bigint not null default 0, primary key (device_id, incarnation, business_day))`,
  'create index day_comparison_store on day_comparison (store_id, business_day)',
  // Records that a comparison filled in behind a projection's position: it takes them once, beside its way
  `create table projection_late (
     projection text not null, device_id text not null, incarnation text not null, seq bigint not null,
     primary key (projection, device_id, incarnation, seq))`,
  'create table sync_settings (store_id text primary key references store, settings text not null, updated_at timestamptz not null default now())',
  `create table diagnostics_request (
     request_id text primary key, device_id text not null references device, reason text not null, state text not null, parts int,
     asked_at timestamptz not null default now(), answered_at timestamptz)`,
  `create table diagnostics_part (
     request_id text not null references diagnostics_request, part int not null, bytes bytea not null, primary key (request_id, part))`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
