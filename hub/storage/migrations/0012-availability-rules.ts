/** The merchant's rules of what channels may be offered, with their versions, and the category of items that rules name. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table availability_rule_version (
     version int primary key, made_at timestamptz not null default now(), made_by text not null, reason text not null, restored int,
     rules int not null)`,
  `create table availability_rule (
     rule_id text not null, kind text not null, item_id text, category text, store_id text, channel text, from_day date, until_day date,
     measure text not null, amount bigint not null, owner text not null, reason text not null,
     from_version int not null references availability_rule_version, until_version int references availability_rule_version,
     primary key (rule_id, from_version))`,
  'create unique index availability_rule_in_force on availability_rule (rule_id) where until_version is null',
  'create table item_category (item_id text primary key, category text not null)',
  // Lines of reservations that ended are many, and are not looked at for a figure
  'alter table reservation_line add column is_open boolean not null default true',
  `update reservation_line l set is_open = false from reservation r where r.reservation_id = l.reservation_id and r.state <> 'active'`,
  'drop index reservation_line_key',
  'create index reservation_line_open on reservation_line (store_id, item_id) include (reservation_id, quantity_milli) where is_open',
  // What is read for each figure, from indexes alone
  'drop index stock_movement_recent',
  'create index stock_movement_recent on stock_movement (store_id, item_id, business_day) include (quantity_milli, kind)',
  `create index item_measured on item (item_id) include (unit) where unit <> 'each'`,
  `create index exception_missing_number on exception (store_id) where kind = 'MISSING_NUMBER' and state = 'open'`,
  `create index day_comparison_lacks on day_comparison (store_id) where outcome = 'lacks'`,
  // Who keeps rules and categories sees here that they have changed
  'create table availability_rule_mark (one boolean primary key default true check (one), mark bigint not null, changed_at timestamptz not null)',
  'create index item_category_category on item_category (category)',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
