/**
 * The rule of counts in SQL, as in count-rule.ts: what of the ledger a balance's count contains. `stock_base` holds the count's first place in
 * the stream of its own record, `stock_place` where else it stands. Joins go by keys alone, so that no plan of the database's can go astray.
 */
import { sql } from 'kysely'

/** Where else the count stands. */
const elsewhere = (place: string) =>
  sql.raw(`${place}.store_id = b.store_id and ${place}.natural_key = b.natural_key
    and (${place}.device_id, ${place}.incarnation) <> (b.device_id, b.incarnation)`)

/** Joins to movements `m` the count of their balance, `b`, and what tells whether it contains them. */
export const containment = sql`
  left join stock_base b on b.store_id = m.store_id and b.item_id = m.item_id
  left join stock_place q on ${elsewhere('q')} and q.device_id = m.device_id and q.incarnation = m.incarnation
  left join lateral (
    select bool_or(s.seq < p.seq) as before from stock_place s join lateral (
      select b.device_id, b.incarnation, b.seq
      union all select o.device_id, o.incarnation, o.seq from stock_place o where ${elsewhere('o')}) p
      on p.device_id = s.device_id and p.incarnation = s.incarnation
    where s.store_id = m.store_id and s.natural_key = m.natural_key) e on b.natural_key is not null`

const inOwnStream = sql`case when m.device_id = b.device_id and m.incarnation = b.incarnation then m.seq < b.seq end`

export const isContained = sql`(b.natural_key is not null and coalesce(greatest(${inOwnStream}, m.seq < q.seq, e.before), m.business_day < b.business_day))`
