/** Rows of stated prices, zones, clusters and assortments as kysely sees them. */
import type { Generated, GeneratedAlways } from 'kysely'
import type { ListingLevel } from './listing.ts'
import type { PriceLevel } from './stated-price.ts'

export interface CatalogueTables {
  price: {
    price_id: string
    item_id: string
    store_id: string
    amount_minor: number
    currency: string
    effective_from: Date
    effective_to: Date | null
    source: string
    created_at: Generated<Date>
    /** Never again a document of the store's feed since then. */
    left_feed_at: Generated<Date | null>
    /** What it was made of; null for the ERP's. */
    stated_id: Generated<string | null>
    stated_version: Generated<number | null>
  }
  /** A correction is the next version of a price. In force is what has not ended. */
  stated_price: {
    price_id: string
    version: number
    level: PriceLevel
    /** The zone's or the store's id; empty for the chain. */
    place: string
    item_id: string
    amount_minor: number
    currency: string
    effective_from: Date
    effective_to: Date | null
    /** erp | operator */
    source: string
    stated_by: string
    reason: string
    stated_at: Generated<Date>
    ended_at: Date | null
    /** corrected | withdrawn */
    ended_as: string | null
    ended_by: string | null
    ended_reason: string | null
  }
  price_zone: { zone_id: string; name: string; currency: string; created_at: Generated<Date> }
  price_zone_member: {
    member_id: GeneratedAlways<number>
    store_id: string
    zone_id: string
    joins_at: Date
    leaves_at: Date | null
    stated_by: string
    reason: string
    stated_at: Generated<Date>
    /** It was planned, and another plan took its place before it began. */
    voided_at: Date | null
  }
  held_price: {
    held_id: GeneratedAlways<number>
    origin: 'erp' | 'operator'
    item_id: string
    /** The item of the ERP's, or the price id: one is open at a time. */
    about: string
    /** JSON of what takes effect when it is accepted. */
    content: string
    kind: string
    message: string
    exception_id: string
    /** open | accepted | rejected | gone: it was put right, or another took its place */
    state: Generated<string>
    held_at: Generated<Date>
    decided_at: Date | null
    decided_by: string | null
    decided_why: string | null
  }
  cluster: { cluster_id: string; name: string; created_at: Generated<Date> }
  cluster_store: {
    cluster_store_id: GeneratedAlways<number>
    cluster_id: string
    store_id: string
    joined_at: Generated<Date>
    joined_by: string
    reason: string
    left_at: Date | null
    left_by: string | null
    left_reason: string | null
  }
  assortment_entry: {
    entry_id: string
    level: ListingLevel
    place: string
    item_id: string
    listed_from: Date
    listed_to: Date | null
    stated_by: string
    reason: string
    stated_at: Generated<Date>
    withdrawn_at: Date | null
    withdrawn_by: string | null
    withdrawn_reason: string | null
    /** When its next date comes; null when none does. */
    due_at: Date | null
  }
  catalogue_comparison: {
    comparison_id: GeneratedAlways<number>
    connector: string
    /** An operator's name, or "nightly" or "pull". */
    asked_by: string
    /** compared | unavailable | overtaken */
    outcome: string
    looked: number
    missed: number
    problems: number
    /** JSON of the first of what was missed. */
    items: string
    words: string
    compared_at: Generated<Date>
  }
}
