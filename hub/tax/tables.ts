/** Rows of the tax master and of what tills stated, as kysely sees them. */
import type { Generated } from 'kysely'

export interface TaxTables {
  tax_rate: {
    jurisdiction: string
    category: string
    rate_micro: number
    effective_from: string
    effective_to: string | null
    made_at: Generated<Date>
    made_by: string
    reason: string
  }
  store_tax: { store_id: string; jurisdiction: string }
  /** An item's tax codes, each from a day on; a trigger writes them. `noticed`: the days that sold it were marked. */
  item_tax_code: { item_id: string; tax_code: string; from_day: string; noticed: boolean }
  /** How far changes of the mapping were noticed. */
  tax_notice: { mapping_version: number }
  /** Sums over the receipts of one basket: statement.ts. */
  tax_stated: {
    store_id: string
    business_day: string
    currency: string
    basket_id: string
    basket: string
    tax_index: number
    receipts: number
    tax_minor: number
  }
  tax_line: {
    store_id: string
    business_day: string
    currency: string
    basket_id: string
    given_item: string
    given_barcode: string
    description: string
    lines: number
    amount_minor: number
  }
  /** When the day is to be judged (again); null: it is. Triggers mark it. */
  tax_day: { store_id: string; business_day: string; due_at: Date | null }
  /** What differs on a day, as its exceptions say it. */
  tax_difference: {
    store_id: string
    business_day: string
    exception_id: string
    item_id: string | null
    message: string
    amount_minor: number
    currency: string
  }
}
