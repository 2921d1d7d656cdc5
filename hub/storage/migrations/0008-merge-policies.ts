/**
 * What returned lines claim of their sales, what of them is held back, and what persons decided. Where the log has returns or post-voids
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
