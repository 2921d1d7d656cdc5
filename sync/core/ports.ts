/** Ports to the world that the store side's core owns. Adapters live in sync/store, sync/link, main and renderer/engine. */
import type { DayDigest } from '../contract/comparison.ts'
import type {
  engineToMain,
  IpcResponse,
  PluEntry,
  PriceBasis,
  PluPublication,
  JournalHead,
  ManagerView,
  MissingRecords,
} from '../contract/ipc.ts'
import type { DownEvent, DownMessage } from '../contract/down.ts'
import type { ProbeAnswer } from '../contract/health.ts'
import type { Packed } from '../contract/packed.ts'
import type { TidelineRecord } from '../contract/record.ts'
import type { UpEvent, UpRequest, UpResponse } from '../contract/up.ts'
import type { Incarnation, Instant, ItemId } from '../contract/vocabulary.ts'

/** Milliseconds since the epoch. For showing and for effective dates; never for order. */
export interface Clock {
  nowMs(): number
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void
}

/** A number in [0, 1), for backoff jitter only. */
export type Random = () => number

/** The journal as the engine sees it: read only. It may have been pruned; then it begins later than at 1. */
export interface JournalSource {
  head(): Promise<JournalHead>
  /** Records with seq > afterSeq that it still has, ascending, at most `limit`. */
  read(afterSeq: number, limit: number): Promise<TidelineRecord[]>
  /** Called with the newest seq after each durable append. */
  onAppended(callback: (seq: number) => void): () => void
}

/** What the engine knows that the journal does not: how far the hub has it, and records that its disk lost. */
export interface JournalKeeper {
  acknowledged(incarnation: Incarnation, ackedSeq: number): Promise<void>
  /** What the journal once held and cannot read any more, also of former incarnations. */
  missing(): Promise<MissingRecords[]>
  /** At most 500 at once; those that fit the chain are taken. */
  restore(source: RecordSource, records: readonly TidelineRecord[]): Promise<{ restored: number; refused: number }>
}
export type RecordSource = 'local-database' | 'hub'

/** What main knows and the engine tells the hub; and whom the hub's support asks. */
export interface AgentSide {
  /** What the journal's present life holds of each business day up to and including `throughSeq`, newest day first. */
  days(limit: number, throughSeq: number): Promise<DayDigest[]>
  facts(): Promise<AgentFacts>
  /** Main asks the store's manager; the answer comes as `diagnostics.send`. */
  diagnosticsRequested(requestId: string, reason: string): Promise<void>
}
export type AgentFacts = IpcResponse<typeof engineToMain, 'agent.facts'>

export interface Signer {
  /** Ed25519 signature of the UTF-8 text, base64url. */
  sign(text: string): Promise<string>
}

export interface PluSink {
  publish(publication: PluPublication): Promise<void>
}

export interface ViewSink {
  publish(view: ManagerView): Promise<void>
}

export interface ItemLookup {
  lookup(barcode: string): Promise<PluEntry | null>
}

/** For the store's own prices: what they take the place of, at a moment or now; null while the catalogue is not whole. */
export interface PriceBasisLookup {
  basis(itemId: ItemId, at?: Instant): Promise<PriceBasis | null>
}

/** One connection to the hub at a time. A request rejects with LinkLost when the line drops or nothing answers in time. */
export interface Link {
  connect(handlers: LinkHandlers): void
  request<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E>>
  close(): void
}
export interface LinkHandlers {
  onDown<E extends DownEvent>(event: E, message: DownMessage<E>): void
  onLost(reason: string): void
  /** Bytes on the wire, as near as they can be told. */
  onMoved?(direction: 'sent' | 'received', bytes: number): void
}

/** Who answers at the hub's address: asked when a connection could not be made. */
export type Probe = () => Promise<ProbeAnswer>

/** Packs and unpacks compressed messages; unpacking rejects what is over its bound or not of the codec. */
export interface Codec {
  pack(text: string): Promise<Packed>
  unpack(packed: Packed): Promise<string>
}
export class LinkLost extends Error {
  override name = 'LinkLost'
}
