/**
 * The ERP port, owned by posting. One folder under connectors/ for each ERP; each passes the same contract suite.
 *
 * `post` is resumable: it looks the key up first and goes on from whatever step the ERP already reached. There is one caller
 * per key at a time. It never throws for what an ERP may do; a throw is a bug and is retried a bounded number of times.
 */
import type { Item } from '#sync/contract/catalogue.ts'
import type { Transaction } from '#sync/contract/transaction.ts'

export interface Posting {
  /** The transaction's natural key; the ERP document carries it as its reference. */
  key: string
  transaction: Transaction
}

export type PostOutcome =
  | { outcome: 'posted'; erpReference: string; totalMinor: number }
  /** The ERP is away, slow, locked or rate limiting: nothing wrong with the posting. */
  | { outcome: 'retry'; message: string; retryAfterMs?: number }
  /** The answer was lost after the call was sent: look it up before anything else. */
  | { outcome: 'unknown'; message: string }
  /** The ERP will not take it as it is; a person must act. */
  | { outcome: 'rejected'; code: 'ERP_REJECTED' | 'UNKNOWN_ITEM' | 'DOES_NOT_ADD_UP'; message: string }

export interface ErpDocument {
  erpReference: string
  totalMinor: number
  complete: boolean
}

/** One item as the ERP sells it now; `amountMinor` is the shelf price, tax included. */
export interface ErpItem {
  item: Item
  erpId: string
  amountMinor: number
  currency: string
  listed: boolean
}

/** An item that the hub cannot use as the ERP has it: what the stores have of it stays. */
export interface UnreadableItem {
  erpId: string
  message: string
}

export interface PulledItems {
  items: ErpItem[]
  unreadable: UnreadableItem[]
  cursor: string
}

/** What the ERP has of an item at a store. */
export interface ErpStock {
  itemId: string
  quantityMilli: number
}

export interface ErpConnector {
  readonly name: string
  /** True when the ERP answers and accepts our credentials. */
  ping(): Promise<{ reachable: boolean; message: string }>
  post(posting: Posting): Promise<PostOutcome>
  /** Where the ERP is much quicker with several at once: at most `size` in one call, each key once, outcomes in the same order. */
  readonly batch?: { readonly size: number; post(postings: readonly Posting[]): Promise<PostOutcome[]> }
  find(key: string): Promise<ErpDocument | null>
  /** All sellable items that changed since `cursor` (undefined: all), with some overlap; and the next cursor. Throws ErpUnavailable. */
  pullItems(cursor: string | undefined): Promise<PulledItems>
  /** What the ERP has at a store, receipts that were posted taken off; null: it has no such store. Throws ErpUnavailable. Not every ERP keeps stock. */
  readStock?(storeId: string): Promise<ErpStock[] | null>
  close(): Promise<void>
}

export class ErpUnavailable extends Error {
  override name = 'ErpUnavailable'
}
