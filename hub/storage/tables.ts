/** Row shapes as kysely sees them. bigint columns arrive as numbers (set in database.ts): all of ours stay below 2^53. */
import type { Generated } from 'kysely'
import type { AvailabilityTables } from '../availability/tables.ts'
import type { CatalogueTables } from '../catalogue/tables.ts'
import type { EventTables } from '../events/tables.ts'
import type { IdentityTables } from '../identity/tables.ts'
import type { MergeTables } from '../merge/tables.ts'
import type { OverrideTables } from '../overrides/tables.ts'
import type { RebuildTables } from '../rebuild/tables.ts'
import type { StockTables } from '../stock/tables.ts'
import type { TaxTables } from '../tax/tables.ts'

export interface Tables
  extends
    AvailabilityTables,
    CatalogueTables,
    EventTables,
    IdentityTables,
    MergeTables,
    OverrideTables,
    RebuildTables,
    StockTables,
    TaxTables {
  store: { store_id: string; name: string; currency: string; time_zone: string; created_at: Generated<Date> }
  device: {
    device_id: string
    store_id: string
    public_key: string
    host_name: string
    enrolled_at: Generated<Date>
    revoked_at: Date | null
    last_seen_at: Date | null
    agent_version: string | null
  }
  enrolment_code: { code_hash: string; store_id: string; expires_at: Date; used_at: Date | null; used_by: string | null }
  device_stream: {
    device_id: string
    incarnation: string
    acked_seq: Generated<number>
    head_hash: string
    first_seen_at: Generated<Date>
    last_batch_at: Date | null
  }
  record_log: {
    device_id: string
    incarnation: string
    seq: number
    store_id: string
    kind: string
    verdict: string
    reason: string | null
    natural_key: string | null
    captured_at: string
    received_at: Generated<Date>
    payload: string
    payload_hash: string
    previous_hash: string
  }
  projection_position: { projection: string; device_id: string; incarnation: string; seq: Generated<number> }
  sales_transaction: {
    store_id: string
    natural_key: string
    workstation_id: string
    business_day: string
    sequence_number: number
    kind: string
    ended_at: string
    currency: string
    net_minor: number
    tax_minor: number
    grand_minor: number
    device_id: string
    incarnation: string
    seq: number
  }
  day_total: {
    store_id: string
    business_day: string
    workstation_id: string
    currency: string
    /** transaction-kind | tender | tax */
    measure: string
    key: string
    count: number
    amount_minor: number
  }
  exception: {
    exception_id: string
    kind: string
    store_id: string | null
    natural_key: string | null
    record_id: string | null
    item_id: string | null
    workstation_id: string | null
    business_day: string | null
    sequence_number: number | null
    message: string
    amount_minor: number | null
    currency: string | null
    owner: string
    state: Generated<string>
    created_at: Generated<Date>
    resolved_at: Date | null
  }
  store_exception_record: {
    device_id: string
    incarnation: string
    seq: number
    store_id: string
    /** The hub's: `store:` and the store before the store's own. */
    exception_id: string
    captured_at: string
    payload: string
  }
  day_close: {
    device_id: string
    incarnation: string
    seq: number
    store_id: string
    business_day: string
    payload_hash: string
    closed_at: string
    currency: string
    /** proven | signed | not-proven */
    proof: string
    reason: string | null
    /** Transactions among the records that it covers that count for nothing at the hub. */
    uncounted: number | null
  }
  day_close_workstation: {
    device_id: string
    incarnation: string
    seq: number
    workstation_id: string
    /** JSON text of the contract's shapes, as are the columns behind it. */
    ledger: string
    agent_totals: string
    till_totals: string | null
    till_differences: string
    /** Null where the records that the close covers are another journal's. */
    hub_totals: string | null
    hub_differences: string
  }
  posting: {
    posting_key: string
    store_id: string
    business_day: string
    connector: string
    /** waiting | in-doubt | posted | held */
    state: string
    step: string | null
    attempts: Generated<number>
    next_attempt_at: Generated<Date>
    erp_reference: string | null
    error_code: string | null
    message: string | null
    amount_minor: number
    currency: string
    payload: string
    created_at: Generated<Date>
    posted_at: Date | null
    locked_until: Date | null
  }
  item: {
    item_id: string
    name: string
    barcodes: string[]
    unit: string
    tax_code: string
    tax_rate_micro: number
    erp_id: string | null
    /** The chain sells it, whatever a store lists. */
    listed: Generated<boolean>
    updated_at: Generated<Date>
  }
  assortment: { store_id: string; item_id: string; listed: boolean }
  feed_head: { feed: string; scope: string; checkpoint: Generated<number> }
  feed_entry: {
    feed: string
    scope: string
    document_id: string
    checkpoint: number
    deleted: Generated<boolean>
    document: string
    written_at: Generated<Date>
  }
  /** The newest is the present one. `system` is the database cluster's own mark: another one there is another life. */
  hub_epoch: { number: Generated<number>; epoch: string; reason: string; system: string; began_at: Generated<Date> }
  device_report: {
    device_id: string
    incarnation: string
    reported_at: Generated<Date>
    pending: number
    oldest_captured_at: string | null
    report: string
  }
  day_comparison: {
    device_id: string
    incarnation: string
    business_day: string
    store_id: string
    compared_at: Generated<Date>
    outcome: string
    count: number
    digest: string
    /** Records that a comparison found wanting and the store sent again, ever. */
    filled_in: Generated<number>
  }
  /** Filled in behind a projection's position, and not taken by it yet. */
  projection_late: { projection: string; device_id: string; incarnation: string; seq: number }
  sync_settings: { store_id: string; settings: string; updated_at: Generated<Date> }
  diagnostics_request: {
    request_id: string
    device_id: string
    reason: string
    /** asked | declined | granted | complete */
    state: string
    parts: number | null
    asked_at: Generated<Date>
    answered_at: Date | null
  }
  diagnostics_part: { request_id: string; part: number; bytes: Buffer }
  connector_state: { connector: string; key: string; value: string }
}
