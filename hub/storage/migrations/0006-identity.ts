/**
 * The mapping with its versions, and the stock of lines that wait for it. Lines that moved stock under a number nobody knew are read
 * again from the log: where there are any, the projection `stock` begins anew.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table mapping_version (
     version int primary key, made_at timestamptz not null default now(), made_by text not null, reason text not null, restored int,
     entries int not null)`,
  `create table mapping_entry (
     list text not null, scope text not null, scope_id text not null, key text not null, kind text not null, code text not null,
     target text not null, unit text, owner text not null, item_id text,
     from_version int not null references mapping_version, until_version int references mapping_version,
     primary key (list, scope, scope_id, key, from_version))`,
  // One entry in force at each place
  `create unique index mapping_entry_in_force on mapping_entry (list, key, scope, scope_id) where until_version is null`,
  `create table waiting_line (
     store_id text not null, natural_key text not null, line_number int not null, given_item text not null, given_barcode text not null,
     description text not null, exception_id text not null, identifier text not null, quantity_milli bigint not null,
     amount_minor bigint not null, currency text not null, business_day date not null,
     primary key (store_id, natural_key, line_number, given_item, given_barcode, description))`,
  'create index waiting_line_exception on waiting_line (exception_id)',
  `do $$ begin
     if exists (select from stock_movement m where not exists (select from item i where i.item_id = m.item_id)) then
       delete from stock_movement; delete from stock_balance; delete from projection_position where projection = 'stock';
       delete from projection_late where projection = 'stock';
     end if;
   end $$`,
  `update exception set state = 'resolved', resolved_at = now()
   where starts_with(exception_id, 'UNKNOWN_ITEM:') and state = 'open'`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
