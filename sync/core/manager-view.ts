/**
 * What the manager's window shows, from plain inputs. `counts` are of what this journal's copy keeps: captured ≥ atHub
 * (records with a till's transaction); posted and held are the store's, as the hub reported them. The list is the newest business day's, newest first.
 */
import type { Item, PostingState, Price, StoreSettings } from '../contract/catalogue.ts'
import type { Identity } from '../contract/config.ts'
import type { ManagerView } from '../contract/ipc.ts'
import { recordIdOf, type QuarantinePayload, type TidelineRecord } from '../contract/record.ts'
import { naturalKeyOf, type Transaction } from '../contract/transaction.ts'
import type { Verdict } from '../contract/verdict.ts'
import type { PriceOverride } from '../contract/price-override.ts'
import { toInstant } from './instant.ts'
import type { LinkState } from './link-state.ts'
import { isPriceOf } from './override-prices.ts'
import { priceInForce } from './price-in-force.ts'

export const viewBounds = { transactions: 200, priceChanges: 100, ownPrices: 100, quarantine: 100 } as const

export interface CapturedTransaction {
  record: Pick<TidelineRecord, 'deviceId' | 'incarnation' | 'seq' | 'kind'>
  transaction: Transaction
}
export interface CapturedQuarantine {
  record: Pick<TidelineRecord, 'deviceId' | 'incarnation' | 'seq' | 'capturedAt'>
  quarantine: QuarantinePayload
}
export interface ReceivedPrice {
  price: Price
  item: Item | undefined
  /** The item's price list, to name the price before. */
  siblings: readonly Price[]
  /** The amount of this same price before it was overwritten. */
  overwrittenMinor: number | undefined
  receivedAtMs: number
}

export interface OwnPrice {
  seq: number
  override: PriceOverride
  item: Item | undefined
  /** All prices of the item, as tills see them. */
  siblings: readonly Price[]
  /** What the feed has of it. */
  fed: Price | undefined
  word: PostingState | undefined
}

export interface ViewInputs {
  nowMs: number
  identity: Identity
  settings: StoreSettings | undefined
  link: LinkState
  /** While the local database is filled from the journal. */
  rebuild?: ManagerView['rebuild']
  /** How the store talks to the centre. */
  sync?: ManagerView['sync']
  ackedSeq: number
  headSeq: number
  oldestPending: Pick<TidelineRecord, 'capturedAt'> | undefined
  counts: ManagerView['counts']
  /** Newest first; may hold more, and other days, than the view shows. */
  transactions: readonly CapturedTransaction[]
  verdicts: ReadonlyMap<number, Verdict>
  postings: ReadonlyMap<string, PostingState>
  /** Newest first. */
  prices: readonly ReceivedPrice[]
  /** Newest first. */
  ownPrices: readonly OwnPrice[]
  quarantine: readonly CapturedQuarantine[]
}

type OwnPriceRow = NonNullable<ManagerView['ownPrices']>[number]
type TransactionRow = ManagerView['transactions'][number]

/** Newest business day first come, at most the bound; `transactions` is newest first already. */
export const ofNewestDay = (transactions: readonly CapturedTransaction[]): CapturedTransaction[] => {
  const newest = transactions.reduce((day, t) => (t.transaction.businessDay > day ? t.transaction.businessDay : day), '')
  return transactions.filter((t) => t.transaction.businessDay === newest).slice(0, viewBounds.transactions)
}

const stateOf = ({ record, transaction }: CapturedTransaction, inputs: ViewInputs): Pick<TransactionRow, 'state' | 'reason'> => {
  if (record.seq > inputs.ackedSeq) return { state: 'captured' }
  const verdict = inputs.verdicts.get(record.seq)
  if (verdict && verdict.verdict !== 'duplicate') return { state: 'held', reason: verdict.reason ?? verdict.verdict }
  if (record.kind === 'conflict') return { state: 'held', reason: 'The same number came before with other content; both are kept.' }
  const posting = inputs.postings.get(naturalKeyOf(transaction))
  if (!posting) return { state: 'at-hub' }
  return { state: posting.state, ...(posting.reason === undefined ? {} : { reason: posting.reason }) }
}

const transactionRow = (captured: CapturedTransaction, inputs: ViewInputs): TransactionRow => {
  const { transaction } = captured
  return {
    recordId: recordIdOf(captured.record),
    naturalKey: naturalKeyOf(transaction),
    workstationId: transaction.workstationId,
    sequenceNumber: transaction.sequenceNumber,
    kind: transaction.kind,
    endedAt: transaction.endedAt,
    grandMinor: transaction.totals.grandMinor,
    currency: transaction.currency,
    ...stateOf(captured, inputs),
  }
}

const priceBefore = ({ price, siblings }: ReceivedPrice): Price | null =>
  priceInForce(
    siblings.filter((p) => p.priceId !== price.priceId && p.effectiveFrom <= price.effectiveFrom),
    price.effectiveFrom,
  )

const priceRow = (received: ReceivedPrice, nowMs: number): ManagerView['priceChanges'][number] => {
  const { price, item } = received
  const previousMinor = received.overwrittenMinor ?? priceBefore(received)?.amountMinor
  return {
    itemId: price.itemId,
    name: item?.name ?? price.itemId,
    amountMinor: price.amountMinor,
    ...(previousMinor === undefined ? {} : { previousMinor }),
    currency: price.currency,
    effectiveFrom: price.effectiveFrom,
    receivedAt: toInstant(received.receivedAtMs),
    inForce: priceInForce(received.siblings, toInstant(nowMs))?.priceId === price.priceId,
  }
}

const ownPriceState = ({ seq, fed, word }: OwnPrice, { ackedSeq, verdicts }: ViewInputs): Pick<OwnPriceRow, 'state' | 'word'> => {
  if (word) return { state: word.state, ...(word.reason === undefined ? {} : { word: word.reason }) }
  if (seq > ackedSeq) return { state: 'captured' }
  const verdict = verdicts.get(seq)
  if (verdict && verdict.verdict !== 'duplicate') return { state: 'held', word: verdict.reason ?? verdict.verdict }
  return { state: fed && fed.effectiveTo === fed.effectiveFrom ? 'held' : 'at-hub' }
}

const ownPriceRow = (own: OwnPrice, inputs: ViewInputs): OwnPriceRow => {
  const { itemId, overrideId, amountMinor, currency, effectiveFrom, effectiveTo, reason, basedOn } = own.override
  const inForce = priceInForce(own.siblings, toInstant(inputs.nowMs))?.priceId
  return {
    ...{ overrideId, itemId, name: own.item?.name ?? itemId, amountMinor, previousMinor: basedOn.amountMinor, currency },
    ...{ effectiveFrom, ...(effectiveTo === undefined ? {} : { effectiveTo }), reason },
    inForce: inForce !== undefined && isPriceOf(own.override, inForce),
    ...ownPriceState(own, inputs),
  }
}

/** `CODE: message (where)`: the window words the code for a manager and keeps the rest as detail for support. */
const reasonText = ({ code, message, where }: QuarantinePayload['reasons'][number]): string =>
  `${code}: ${message}${where ? ` (${where})` : ''}`

const quarantineRow = ({ record, quarantine }: CapturedQuarantine): ManagerView['quarantine'][number] => ({
  recordId: recordIdOf(record),
  capturedAt: record.capturedAt,
  source: quarantine.source,
  reasons: quarantine.reasons.map(reasonText),
  excerpt: quarantine.excerpt,
})

const linkView = (link: LinkState): ManagerView['link'] => ({
  state: link.state,
  since: toInstant(link.sinceMs),
  ...('code' in link && link.code ? { code: link.code } : {}),
  ...('message' in link ? { message: link.message } : {}),
})

const storeView = (identity: Identity, settings: StoreSettings | undefined): Identity =>
  settings ? { ...identity, storeName: settings.name, currency: settings.currency, timeZone: settings.timeZone } : identity

export const buildManagerView = (inputs: ViewInputs): ManagerView => ({
  store: storeView(inputs.identity, inputs.settings),
  link: linkView(inputs.link),
  ...(inputs.rebuild ? { rebuild: inputs.rebuild } : {}),
  pending: {
    count: Math.max(0, inputs.headSeq - inputs.ackedSeq),
    ...(inputs.oldestPending ? { oldestCapturedAt: inputs.oldestPending.capturedAt } : {}),
  },
  counts: inputs.counts,
  ...(inputs.sync ? { sync: inputs.sync } : {}),
  transactions: ofNewestDay(inputs.transactions).map((t) => transactionRow(t, inputs)),
  priceChanges: inputs.prices.slice(0, viewBounds.priceChanges).map((p) => priceRow(p, inputs.nowMs)),
  ...(inputs.ownPrices.length === 0
    ? {}
    : { ownPrices: inputs.ownPrices.slice(0, viewBounds.ownPrices).map((own) => ownPriceRow(own, inputs)) }),
  quarantine: inputs.quarantine.slice(0, viewBounds.quarantine).map(quarantineRow),
})
