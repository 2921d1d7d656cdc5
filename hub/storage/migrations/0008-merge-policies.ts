/**
 * What the merge policies know and find: receipts and closes by till and day, and what is not over yet of what they found. And what returned lines claim of their sales, what of them is held back, and what persons decided. Where the log has returns or post-voids
 * that name their sale, the projection `stock` reads it anew; what the hub booked itself stays booked.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table return_claim (
     store_id text not null, natural_key text not null, line_number int not null, relation text not null, original_store_id text not null,
     original_key text not null, amount_minor bigint not null, currency text not null, primary key (natural_key, store_id, line_number))`,
  'create index return_claim_original on return_claim (original_key, original_store_id)',
  `create table return_hold (
     store_id text not null, natural_key text not null, line_number int not null, item_id text not null, held_milli bigint not null,
     primary key (natural_key, store_id, line_number, item_id))`,
  // A person's word: no rebuild takes it back
  `create table return_decision (
     original_store_id text not null, original_key text not null, item_id text not null, number int not null, decision text not null,
     quantity_milli bigint not null, decided_by text not null, reason text not null, decided_at timestamptz not null default now(),
     primary key (original_key, original_store_id, item_id, number))`,
  // Of each till's day what each of its journals holds
  `create table till_day (
     store_id text not null, business_day date not null, workstation_id text not null, device_id text not null, incarnation text not null,
     first_seq bigint not null, last_seq bigint not null, first_number bigint not null, last_number bigint not null,
     primary key (store_id, business_day, workstation_id, device_id, incarnation))`,
  `create table policy_close (
     device_id text not null, incarnation text not null, seq bigint not null, store_id text not null, business_day date not null,
     ledgers text not null, primary key (device_id, incarnation, seq))`,
  'create index policy_close_day on policy_close (store_id, business_day)',
  // One row for each receipt or line that is not over; one exception for all of a place
  `create table policy_finding (
     policy text not null, store_id text not null, business_day date not null, workstation_id text not null, item_id text not null,
     natural_key text not null, line_number int not null, sequence_number bigint not null, amount_minor bigint not null, currency text not null,
     detail bigint not null, primary key (policy, store_id, business_day, workstation_id, item_id, natural_key, line_number))`,
  `do $$ begin
     if exists (select from record_log where kind = 'transaction' and verdict = 'accepted'
         and (payload like '%"return-of"%' or payload like '%"voids"%')) then
       delete from stock_movement where device_id is not null;
       delete from stock_base; delete from stock_place; delete from stock_document; delete from waiting_line; delete from stock_balance;
       insert into stock_balance select store_id, item_id, sum(quantity_milli)::bigint from stock_movement group by 1, 2;
       delete from projection_position where projection = 'stock'; delete from projection_late where projection = 'stock';
     end if;
   end $$`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
