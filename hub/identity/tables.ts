/** Rows of the mapping and of lines that wait for it, as kysely sees them. */
import type { Generated } from 'kysely'

export interface IdentityTables {
  mapping_version: {
    version: number
    made_at: Generated<Date>
    made_by: string
    reason: string
    /** The version that this one brought back. */
    restored: number | null
    entries: number
  }
  /** In force from one version until another; null: still. */
  mapping_entry: {
    list: string
    scope: string
    scope_id: string
    key: string
    kind: string
    code: string
    target: string
    unit: string | null
    owner: string
    item_id: string | null
    from_version: number
    until_version: number | null
  }
  waiting_line: WaitingLineRow
  /** What tills said in their own words. */
  word_day: { store_id: string; business_day: string; list: string; word: string; currency: string; times: number; amount_minor: number }
  /** The same over all days. */
  word_total: { store_id: string; list: string; word: string; currency: string; times: number; amount_minor: number }
  /** What channels said and nobody knew. */
  channel_word: { channel: string; list: string; word: string }
}

/** Stock that waits to know its item. `exception_id` groups what a person decides at once. */
export interface WaitingLineRow {
  store_id: string
  natural_key: string
  line_number: number
  given_item: string
  given_barcode: string
  description: string
  exception_id: string
  identifier: string
  quantity_milli: number
  amount_minor: number
  currency: string
  business_day: string
}
