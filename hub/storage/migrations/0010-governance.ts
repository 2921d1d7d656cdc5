/**
 * The tax master, and what tills state in their own words. That is kept by the projection `sales`, which therefore begins anew.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table tax_rate (
     jurisdiction text not null, category text not null, rate_micro bigint not null, effective_from date not null, effective_to date,
     made_at timestamptz not null default now(), made_by text not null, reason text not null,
     primary key (jurisdiction, category, effective_from))`,
  'create table store_tax (store_id text primary key references store, jurisdiction text not null)',
  `create table item_tax_code (
     item_id text not null, from_day date not null, tax_code text not null, noticed boolean not null default false,
     primary key (item_id, from_day))`,
  'create index item_tax_code_new on item_tax_code (item_id) where not noticed',
  `insert into item_tax_code (item_id, from_day, tax_code) select item_id, '0001-01-01', tax_code from item`,
  // Whoever writes items, and however: the day from which a code holds is kept.
  `create function note_item_tax_code() returns trigger language plpgsql as $$ begin
     insert into item_tax_code (item_id, from_day, tax_code)
     values (new.item_id, case tg_op when 'INSERT' then date '0001-01-01' else current_date end, new.tax_code)
     on conflict (item_id, from_day) do update set tax_code = excluded.tax_code, noticed = false;
     return null;
   end $$`,
  'create trigger item_tax_code_first after insert on item for each row execute function note_item_tax_code()',
  `create trigger item_tax_code_next after update of tax_code on item for each row
     when (old.tax_code is distinct from new.tax_code) execute function note_item_tax_code()`,
  'create table tax_notice (mapping_version int not null)',
  'insert into tax_notice values (0)',
  // Baskets are texts of any length: their digests are in the keys.
  `create table tax_stated (
     store_id text not null, business_day date not null, currency text not null, basket_id text not null, basket text not null,
     tax_index int not null, receipts int not null, tax_minor bigint not null,
     primary key (store_id, business_day, currency, basket_id, tax_index))`,
  `create table tax_line (
     store_id text not null, business_day date not null, currency text not null, basket_id text not null, given_item text not null,
     given_barcode text not null, description text not null, lines int not null, amount_minor bigint not null,
     primary key (store_id, business_day, currency, basket_id, given_item, given_barcode, description))`,
  `create index tax_line_item on tax_line (given_item) where given_item <> ''`,
  `create index tax_line_barcode on tax_line (given_barcode) where given_barcode <> ''`,
  'create table tax_day (store_id text not null, business_day date not null, due_at timestamptz, primary key (store_id, business_day))',
  'create index tax_day_due on tax_day (due_at) where due_at is not null',
  // A day that goes on selling is judged now and then, not at each sale. The shadow of a rebuild has no triggers, and marks nothing.
  `create function mark_tax_days() returns trigger language plpgsql as $$ begin
     insert into tax_day (store_id, business_day, due_at)
     select distinct store_id, business_day, now() + interval '30 seconds' from changed order by 1, 2
     on conflict (store_id, business_day) do update set due_at = coalesce(tax_day.due_at, excluded.due_at);
     return null;
   end $$`,
  `create trigger tax_stated_added after insert on tax_stated referencing new table as changed for each statement execute function mark_tax_days()`,
  `create trigger tax_stated_changed after update on tax_stated referencing new table as changed for each statement execute function mark_tax_days()`,
  // Lines grow along with what is stated. Whoever puts them right takes some away.
  ...['tax_stated', 'tax_line'].map(
    (table) =>
      `create trigger ${table}_removed after delete on ${table} referencing old table as changed for each statement execute function mark_tax_days()`,
  ),
  `create table tax_difference (
     store_id text not null, business_day date not null, exception_id text not null, item_id text, message text not null,
     amount_minor bigint not null, currency text not null, primary key (store_id, business_day, exception_id))`,
  `create table word_day (
     store_id text not null, business_day date not null, list text not null, word text not null, currency text not null, times int not null,
     amount_minor bigint not null, primary key (store_id, business_day, list, word, currency))`,
  'create index word_day_list on word_day (list, business_day)',
  `create table word_total (
     store_id text not null, list text not null, word text not null, currency text not null, times bigint not null,
     amount_minor bigint not null, primary key (store_id, list, word, currency))`,
  'create table channel_word (channel text not null, list text not null, word text not null, primary key (channel, list, word))',
  `create index mapping_entry_variant on mapping_entry (code) where list = 'parent' and until_version is null`,
  `create index mapping_entry_parent on mapping_entry (target) where list = 'parent' and until_version is null`,
  `create index mapping_entry_axis on mapping_entry (substr(code, strpos(code, ':') + 1)) where list = 'axis' and until_version is null`,
  `delete from sales_transaction`,
  `delete from day_total`,
  `delete from projection_position where projection = 'sales'`,
  `delete from projection_late where projection = 'sales'`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
