/**
 * Prices as they are stated (for the chain, a zone or a store), zones with who was in them when, assortments with dates, what waits for a
 * person, and comparisons with the ERP. What stands in the stores' feeds stays as it is.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table price_zone (
     zone_id text primary key, name text not null, currency text not null, created_at timestamptz not null default now())`,
  // A store is in one zone at a time; what was planned and given up is kept, voided
  `create table price_zone_member (
     member_id bigint generated always as identity primary key, store_id text not null references store,
     zone_id text not null references price_zone, joins_at timestamptz not null, leaves_at timestamptz, stated_by text not null,
     reason text not null, stated_at timestamptz not null default now(), voided_at timestamptz)`,
  'create index price_zone_member_store on price_zone_member (store_id) where voided_at is null',
  'create index price_zone_member_zone on price_zone_member (zone_id) where voided_at is null',
  // A price is never changed: a correction is its next version
  `create table stated_price (
     price_id text not null, version int not null, level text not null, place text not null, item_id text not null references item,
     amount_minor bigint not null, currency text not null, effective_from timestamptz not null, effective_to timestamptz,
     source text not null, stated_by text not null, reason text not null, stated_at timestamptz not null default now(),
     ended_at timestamptz, ended_as text, ended_by text, ended_reason text, primary key (price_id, version))`,
  'create index stated_price_item on stated_price (item_id, level, place) where ended_at is null',
  `create index stated_price_erp on stated_price (effective_from) where source = 'erp'`,
  // When a document left its store's feed: it never comes back, another one takes its place
  `alter table price add column left_feed_at timestamptz, add column stated_id text, add column stated_version int`,
  `create index price_live on price (store_id, item_id) where left_feed_at is null`,
  // Documents that the hub made of what was stated for a zone or a store
  `create index price_made on price (item_id) where left_feed_at is null and starts_with(price_id, 'set:')`,
  `update price p set left_feed_at = now() from feed_entry f
   where f.feed = 'prices' and f.scope = p.store_id and f.document_id = p.price_id and f.deleted`,
  `insert into stated_price (price_id, version, level, place, item_id, amount_minor, currency, effective_from, source, stated_by, reason, stated_at)
   select distinct on (item_id, effective_from)
     'erp:' || item_id || ':' || (extract(epoch from effective_from) * 1000)::bigint, 1, 'chain', '', item_id, amount_minor, currency,
     effective_from, 'erp', 'ERP', 'as the ERP has it', created_at
   from price where source = 'erp' order by item_id, effective_from, store_id`,
  `insert into stated_price (price_id, version, level, place, item_id, amount_minor, currency, effective_from, effective_to, source, stated_by, reason, stated_at)
   select price_id, 1, 'store', store_id, item_id, amount_minor, currency, effective_from, effective_to, source, 'operator', 'set by the API', created_at
   from price where source <> 'erp'`,
  `update price set stated_id = price_id, stated_version = 1 where source <> 'erp'`,
  // Prices that a person must confirm; the stores keep what they had
  `create table held_price (
     held_id bigint generated always as identity primary key, origin text not null, item_id text not null, about text not null,
     content text not null, kind text not null, message text not null, exception_id text not null, state text not null default 'open',
     held_at timestamptz not null default now(), decided_at timestamptz, decided_by text, decided_why text)`,
  `create unique index held_price_open on held_price (origin, about) where state = 'open'`,
  'create index held_price_item on held_price (item_id)',
  // What the chain sells, whatever a store lists of it
  'alter table item add column listed boolean not null default false',
  `update item i set listed = true where exists (select from assortment a where a.item_id = i.item_id and a.listed)`,
  'create table cluster (cluster_id text primary key, name text not null, created_at timestamptz not null default now())',
  `create table cluster_store (
     cluster_store_id bigint generated always as identity primary key, cluster_id text not null references cluster,
     store_id text not null references store, joined_at timestamptz not null default now(), joined_by text not null, reason text not null,
     left_at timestamptz, left_by text, left_reason text)`,
  'create unique index cluster_store_now on cluster_store (cluster_id, store_id) where left_at is null',
  // due_at: when a date of it comes next, and stores must be told
  `create table assortment_entry (
     entry_id text primary key, level text not null, place text not null, item_id text not null references item,
     listed_from timestamptz not null, listed_to timestamptz, stated_by text not null, reason text not null,
     stated_at timestamptz not null default now(), withdrawn_at timestamptz, withdrawn_by text, withdrawn_reason text, due_at timestamptz)`,
  'create index assortment_entry_item on assortment_entry (item_id) where withdrawn_at is null',
  'create index assortment_entry_due on assortment_entry (due_at) where due_at is not null',
  // What full comparisons with the ERP found that increments had missed
  `create table catalogue_comparison (
     comparison_id bigint generated always as identity primary key, connector text not null, asked_by text not null, outcome text not null,
     looked int not null, missed int not null, problems int not null, items text not null, words text not null,
     compared_at timestamptz not null default now())`,
  'create index catalogue_comparison_newest on catalogue_comparison (connector, compared_at)',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
