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
  'create index item_category_category on item_category (category)',
]

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
