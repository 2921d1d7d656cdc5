/** Rows of overrides and what was decided on them, as kysely sees them. */
import type { Generated } from 'kysely'
import type { Winner } from './rule-table.ts'

export interface OverrideTables {
  /** `rules` is JSON of rule-table.ts; the newest version is in force. */
  override_rules: { version: number; rules: string; set_by: string; reason: string; set_at: Generated<Date> }
  /** What the log has of the stores' own prices; `override` is the record's payload. */
  price_override: {
    natural_key: string
    store_id: string
    item_id: string
    override: string
    device_id: string
    incarnation: string
    seq: number
  }
  override_ruling: {
    ruling_id: string
    field: 'price' | 'stock'
    store_id: string
    item_id: string
    /** JSON of sides.ts, as is `centre_side`. */
    store_side: string
    centre_side: string
    winner: Winner
    basis: RulingBasis
    owner: string
    reason: string
    rules_version: number | null
    ruled_at: Generated<Date>
    decided_winner: Exclude<Winner, 'person'> | null
    decided_reason: string | null
    decided_basis: 'person' | 'time' | null
    decided_at: Date | null
  }
  store_price: {
    price_id: string
    ruling_id: string
    store_id: string
    item_id: string
    amount_minor: number
    currency: string
    effective_from: Date
    effective_to: Date | null
    withdrawn_at: Date | null
    left_feed_at: Date | null
  }
}

/** no-conflict: the centre had changed nothing meanwhile. impossible: the centre cannot let it stand. over: it had ended already. */
export type RulingBasis = 'no-conflict' | 'rule' | 'impossible' | 'over'
