/** Rows of the stock ledger as kysely sees them. */
import type { Generated } from 'kysely'
import type { MovementKind } from './movement.ts'

export interface StockTables {
  /** Appended to only. The place is null for what the hub itself booked. */
  stock_movement: {
    store_id: string
    natural_key: string
    line_number: number
    item_id: string
    quantity_milli: number
    business_day: string
    kind: Generated<MovementKind>
    device_id: string | null
    incarnation: string | null
    seq: number | null
  }
  /** What the ledger comes to. */
  stock_balance: { store_id: string; item_id: string; quantity_milli: number }
  stock_place: StockPlaceRow
  stock_document: StockDocumentRow
  stock_base: StockPlaceRow & { item_id: string; counted_milli: number; business_day: string }
  stock_correction: {
    correction_key: string
    natural_key: string
    store_id: string
    item_id: string
    kind: 'adjustment' | 'erp-correction'
    quantity_milli: number
    business_day: string
    reason: string
    booked_at: Generated<Date>
    /** JSON: how far each of the store's streams had arrived; null where it was booked before that was noted. */
    arrived: string | null
  }
  return_claim: ReturnClaimRow
  /** What of a returned line is kept out of the stock. */
  return_hold: { store_id: string; natural_key: string; line_number: number; item_id: string; held_milli: number }
  return_decision: {
    original_store_id: string
    original_key: string
    item_id: string
    number: number
    decision: 'accept' | 'reject'
    quantity_milli: number
    decided_by: string
    reason: string
    decided_at: Generated<Date>
  }
  stock_comparison: {
    store_id: string
    /** The night's day. */
    compared_on: string
    compared_at: Generated<Date>
    /** compared | unknown-store | ledger-only */
    outcome: string
    items: number
    differing: number
  }
}

/** Which sale a returned line says it comes from. */
export interface ReturnClaimRow {
  store_id: string
  natural_key: string
  line_number: number
  relation: 'return-of' | 'voids'
  original_store_id: string
  original_key: string
  amount_minor: number
  currency: string
}

export interface StockPlaceRow {
  store_id: string
  natural_key: string
  device_id: string
  incarnation: string
  seq: number
}

export interface StockDocumentRow {
  store_id: string
  natural_key: string
  document_id: string
  document_kind: string
  business_day: string
  at: string
  other_store_id: string | null
  transfer_id: string | null
  reason: string | null
}
