/** Rows of what the merge policies know and find, as kysely sees them. */
export interface MergeTables {
  till_day: TillDayRow
  policy_close: {
    device_id: string
    incarnation: string
    seq: number
    store_id: string
    business_day: string
    /** JSON text: a ClosedTill for each till of the close. */
    ledgers: string
  }
  policy_finding: FindingRow
}

export interface TillDayRow {
  store_id: string
  business_day: string
  workstation_id: string
  device_id: string
  incarnation: string
  first_seq: number
  last_seq: number
  first_number: number
  last_number: number
}

/** Where a finding is not about a till or an item, that is empty. */
export interface FindingRow {
  policy: string
  store_id: string
  business_day: string
  workstation_id: string
  item_id: string
  natural_key: string
  line_number: number
  sequence_number: number
  amount_minor: number
  currency: string
  /** What the policy counts besides: days late, the price in force. */
  detail: number
}
