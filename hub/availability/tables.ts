/** Row shapes of what is promised. */
import type { Generated } from 'kysely'
import type { RuleKind } from './rules/rule.ts'

export interface AvailabilityTables {
  reservation: {
    reservation_id: string
    /** soft | hard */
    kind: string
    /** active | released | consumed | expired; an active one past its `expires_at`, or whose receipt moved the stock, counts for nothing. */
    state: string
    channel: string
    /** What was asked for, as canonical JSON: the same id with other content is refused. */
    content: string
    expires_at: Date | null
    /** The natural key of the receipt that hands the goods over. */
    receipt: string | null
    created_at: Generated<Date>
    ended_at: Date | null
  }
  reservation_line: {
    reservation_id: string
    line_number: number
    store_id: string
    item_id: string
    quantity_milli: number
    /** False once its reservation is written down as ended. One that has ended by itself may still be open, and holds nothing. */
    is_open: Generated<boolean>
  }
  availability_key: { store_id: string; item_id: string }
  availability_rule_version: {
    version: number
    made_at: Generated<Date>
    made_by: string
    reason: string
    /** The version whose rules were brought back. */
    restored: number | null
    rules: number
  }
  /** In force from one version until another. */
  availability_rule: {
    rule_id: string
    kind: RuleKind
    item_id: string | null
    category: string | null
    store_id: string | null
    channel: string | null
    from_day: string | null
    until_day: string | null
    measure: 'units' | 'percent' | 'closed'
    amount: number
    owner: string
    reason: string
    from_version: number
    until_version: number | null
  }
  availability_rule_mark: { one: Generated<boolean>; mark: number; changed_at: Date }
  item_category: { item_id: string; category: string }
}
