/**
 * Day closes and the stores' own exceptions: where an exception is (till, day, number), what each store said of its exceptions, and
 * each close with its proof and the hub's own count beside the till's and the agent's.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table exception add column workstation_id text, add column business_day date, add column sequence_number bigint',
  // A natural key names the place; the store in front of it may contain "|" itself.
  `update exception e set workstation_id = place[1], business_day = place[2]::date, sequence_number = place[3]::bigint
   from (select exception_id, regexp_match(substring(natural_key from length(store_id) + 2), '^(.+)[|](\\d{4}-\\d\\d-\\d\\d)[|](\\d{1,15})$') as place
         from exception where natural_key is not null and store_id is not null) as p
   where p.exception_id = e.exception_id and place is not null`,

  // Projection "exceptions": every record of kind exception; the newest of each exception counts
  `create table store_exception_record (
     device_id text not null, incarnation text not null, seq bigint not null, store_id text not null, exception_id text not null,
     captured_at text not null, payload text not null, primary key (device_id, incarnation, seq))`,
  'create index store_exception_record_exception on store_exception_record (exception_id)',

  // Projection "day-closes": one row a record, and one for each of its workstations
  `create table day_close (
     device_id text not null, incarnation text not null, seq bigint not null, store_id text not null, business_day date not null,
     payload_hash text not null, closed_at text not null, currency text not null, proof text not null, reason text,
     uncounted bigint, primary key (device_id, incarnation, seq))`,
  'create index day_close_day on day_close (store_id, business_day)',
  `create table day_close_workstation (
     device_id text not null, incarnation text not null, seq bigint not null, workstation_id text not null,
     ledger text not null, agent_totals text not null, till_totals text, till_differences text not null,
     hub_totals text, hub_differences text not null, primary key (device_id, incarnation, seq, workstation_id))`,
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
