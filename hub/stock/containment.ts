/** The rule of counts in SQL, as in count-rule.ts: what of the ledger a balance's count contains. */
import { type RawBuilder, sql } from 'kysely'

/** The first place of each base's count in each stream, for the items that `bases` names. */
export const basePlaces = (bases: RawBuilder<unknown>) => sql`
  select b.store_id, b.item_id, p.device_id, p.incarnation, min(p.seq) as seq
  from ${bases} b cross join lateral (
    select device_id, incarnation, seq from stock_movement c
    where c.store_id = b.store_id and c.natural_key = b.natural_key and c.item_id = b.item_id
    union all select device_id, incarnation, seq from stock_place s where s.store_id = b.store_id and s.natural_key = b.natural_key) p
  group by 1, 2, 3, 4`

/** Joins to movements `m` what tells whether a count contains them; `base_place` is a query of that name. */
export const containment = sql`
  left join stock_base b on b.store_id = m.store_id and b.item_id = m.item_id
  left join base_place o on o.store_id = m.store_id and o.item_id = m.item_id and o.device_id = m.device_id and o.incarnation = m.incarnation
  left join lateral (
    select bool_or(s.seq < q.seq) as before from stock_place s
    join base_place q on q.store_id = m.store_id and q.item_id = m.item_id and q.device_id = s.device_id and q.incarnation = s.incarnation
    where s.store_id = m.store_id and s.natural_key = m.natural_key) e on b.natural_key is not null`

export const isContained = sql`(b.natural_key is not null and coalesce(greatest(m.seq < o.seq, e.before), m.business_day < b.business_day))`
