/**
 * A hub in memory at the Link port: it keeps the transport rules (skips what it has, names a gap, repeats verdicts) and misbehaves as told.
 * Every message is copied through JSON and parsed, as a wire would; by a hub of protocol 2 with the schemas of that time.
 */
import { inflateRawSync } from 'node:zlib'
import { downMessages, type DownEvent, type DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import { chainText, genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { expandTerse } from '#hub/intake/terse-batch.ts'
import { packedLimits, protocol } from '#sync/contract/protocol.ts'
import { batchSchema, messageSince, upMessages, type Credit, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import { hubEpochSchema, instantSchema, type HubEpoch } from '#sync/contract/vocabulary.ts'
import { LinkLost, type Link, type LinkHandlers } from '#sync/core/ports.ts'
import { protocol2Requests } from './protocol-2.ts'
import { sha256 } from './records.ts'

export type BatchFault = 'lose-request' | 'lose-answer' | 'half' | 'gap' | ErrorCode

/** `silent`: no answer comes, and the line does not break by itself. */
export type FetchFault = 'silent' | 'lose-answer' | ErrorCode

/** Bytes travel beside the JSON. */
const overWire = <T>(value: T): T => {
  const copy = JSON.parse(JSON.stringify(value)) as T
  const { bytes } = value as { bytes?: unknown }
  return bytes instanceof Uint8Array ? { ...copy, bytes: bytes.slice() } : copy
}

export class ScriptedHub {
  up = true
  /** What it speaks; below 3 it knows nothing of epochs, credit and packed messages. */
  protocolVersion: number = protocol.version
  epoch: HubEpoch = hubEpochSchema.parse('epoch0000001')
  /** The epoch that its pulled pages claim, if not its own. */
  pulledEpoch: HubEpoch | null = null
  nowMs = (): number => Date.now()
  /** Given at the welcome, and one with each acknowledgement while there are any. */
  credit: Credit | null = null
  readonly credits: Credit[] = []
  /** With the next refused hello. */
  retryAfterMs: number | undefined = undefined
  /** Its say in the next acknowledgements, whatever is true. */
  readonly untruths: Partial<Extract<UpResponse<'batch'>, { outcome: 'acknowledged' }>>[] = []
  /** What it was asked, in order; what it does not know as well. */
  readonly heard: string[] = []
  readonly hellosHeard: UpRequest<'hello'>[] = []
  /** Answers to what it knows nothing to say to by itself. */
  readonly scripts: { [E in UpEvent]?: (request: UpRequest<E>) => UpResponse<E> | null | 'silent' } = {}
  /** Refuses each hello with this code. */
  refuseHello: ErrorCode | null = null
  storeId = 'S1'
  readonly log: TidelineRecord[] = []
  readonly verdicts = new Map<number, Verdict>()
  /** Verdicts to give, by natural order of arrival. */
  readonly judge = new Map<number, Omit<Verdict, 'seq'>>()
  readonly batchFaults: BatchFault[] = []
  readonly batches: number[][] = []
  /** Records of former incarnations that it has. */
  readonly formerLog: TidelineRecord[] = []
  readonly fetchFaults: FetchFault[] = []
  readonly fetches: UpRequest<'fetch'>[] = []
  fetchLimit = 500
  readonly feeds = new Map<FeedName, FeedEntry[]>()
  hellos = 0
  #handlers: LinkHandlers | null = null

  readonly link: Link = {
    connect: (handlers) => {
      this.#handlers = handlers
      queueMicrotask(() => {
        if (this.#handlers !== handlers) return
        if (this.up) this.push('challenge', { nonce: 'n'.repeat(24) })
        else this.cut('connection refused')
      })
    },
    request: (event, request) => this.#request(event, request),
    close: () => {
      this.#handlers = null
    },
  }

  /** A backup is put in the place of the database. Without an epoch it hides that. */
  restoreTo(seq: number, newEpoch?: string): void {
    for (const lost of this.log.splice(seq)) this.verdicts.delete(lost.seq)
    if (newEpoch !== undefined) this.epoch = hubEpochSchema.parse(newEpoch)
    this.cut('the hub restarts')
  }

  cut(reason = 'cut'): void {
    const handlers = this.#handlers
    this.#handlers = null
    handlers?.onLost(reason)
  }

  push<E extends DownEvent>(event: E, message: DownMessage<E>): void {
    this.#handlers?.onDown(event, downMessages[event].parse(overWire(message)) as DownMessage<E>)
  }

  /** The newest version of a document; `document` may be anything. */
  publish(feed: FeedName, id: string, document: unknown, deleted = false): void {
    const entries = this.feeds.get(feed) ?? []
    const checkpoint = Math.max(0, ...entries.map((e) => e.checkpoint)) + 1
    this.feeds.set(feed, [...entries.filter((e) => e.id !== id), { id, checkpoint, deleted, document }])
    this.push('poke', { feed })
  }

  get headHash(): string {
    const last = this.log.at(-1)
    return last ? sha256(chainText(last)) : genesisHash
  }

  async #request<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E>> {
    const handlers = this.#handlers
    if (!handlers) throw new LinkLost('not connected')
    const answer = this.answer(event, overWire(request))
    await Promise.resolve()
    if (answer === 'silent') throw new LinkLost('no answer in time')
    if (answer === null || this.#handlers !== handlers) {
      if (this.#handlers === handlers) this.cut()
      throw new LinkLost('no answer')
    }
    return upMessages[event].response.parse(overWire(answer)) as UpResponse<E>
  }

  /** What a hub answers to a message; null = the answer is lost. */
  answer(event: UpEvent, sent: unknown): UpResponse<UpEvent> | null | 'silent' {
    this.heard.push(event)
    if ((messageSince[event] ?? 1) > this.protocolVersion)
      return { outcome: 'refused', code: 'UNKNOWN_MESSAGE', message: `this hub does not know ${event}` }
    const schemas = this.protocolVersion < 3 ? protocol2Requests[event] : upMessages[event].request
    const message: unknown = schemas?.parse(sent)
    if (event === 'hello') return this.#hello(message as UpRequest<'hello'>)
    if (event === 'batch') return this.#batch((message as UpRequest<'batch'>).records)
    if (event === 'packedBatch') return this.#packedBatch(message as UpRequest<'packedBatch'>)
    if (event === 'terseBatch') return this.#terseBatch(message as UpRequest<'terseBatch'>)
    if (event === 'fetch') return this.#fetch(message as UpRequest<'fetch'>)
    const script = this.scripts[event] as ((request: unknown) => UpResponse<UpEvent> | null | 'silent') | undefined
    if (script) return script(message)
    if (event === 'pull') return this.#pull(message as UpRequest<'pull'>)
    return { outcome: 'refused', code: 'HUB_UNAVAILABLE', message: 'not in the script' }
  }

  get #hubTime(): string {
    return new Date(this.nowMs()).toISOString()
  }

  #hello(hello: UpRequest<'hello'>): UpResponse<'hello'> {
    this.hellos += 1
    this.hellosHeard.push(hello)
    const { retryAfterMs } = this
    if (this.refuseHello)
      return { outcome: 'refused', code: this.refuseHello, message: 'as told', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    return upMessages.hello.response.parse({
      outcome: 'welcome',
      protocolVersion: this.protocolVersion,
      storeId: this.storeId,
      ackedSeq: this.log.length,
      headHash: this.headHash,
      hubTime: this.#hubTime,
      ...(this.protocolVersion >= 3 ? { epoch: this.epoch } : {}),
      ...(this.protocolVersion >= 3 && this.credit ? { credit: this.credit } : {}),
    })
  }

  #packedBatch({ bytes, fromSeq, count }: UpRequest<'packedBatch'>): UpResponse<'batch'> | null {
    const text = inflateRawSync(bytes, { maxOutputLength: packedLimits.maxInflatedBytes }).toString()
    const { records } = batchSchema.parse(JSON.parse(text))
    if (records.length !== count || records[0]?.seq !== fromSeq) throw new Error('a packed batch is not what it says')
    return this.#batch(records)
  }

  #terseBatch({ bytes, ...frame }: UpRequest<'terseBatch'>): UpResponse<'batch'> | null {
    const text = inflateRawSync(bytes, { maxOutputLength: packedLimits.maxInflatedBytes }).toString()
    const received = expandTerse(text, frame)
    if (received.outcome === 'received') return this.#batch(batchSchema.parse({ records: received.records }).records)
    return { outcome: 'refused', code: received.outcome === 'unproven' ? 'BROKEN_CHAIN' : 'UNKNOWN_MESSAGE', message: received.message }
  }

  #batch(records: TidelineRecord[]): UpResponse<'batch'> | null {
    this.batches.push(records.map((r) => r.seq))
    const fault = this.batchFaults.shift()
    if (fault === 'lose-request') return null
    if (fault === 'gap') return { outcome: 'gap', expectedSeq: this.log.length + 1 }
    if (fault && fault !== 'half' && fault !== 'lose-answer') return { outcome: 'refused', code: fault, message: 'as told' }
    if ((records[0]?.seq ?? 0) > this.log.length + 1) return { outcome: 'gap', expectedSeq: this.log.length + 1 }
    const taken = fault === 'half' ? records.slice(0, Math.ceil(records.length / 2)) : records
    for (const record of taken) this.#append(record)
    if (fault === 'lose-answer') return null
    const credit = this.protocolVersion >= 3 ? this.credits.shift() : undefined
    return {
      ...{ outcome: 'acknowledged', ackedSeq: this.log.length, verdicts: taken.flatMap((r) => this.verdicts.get(r.seq) ?? []) },
      ...(this.protocolVersion >= 3 ? { hubTime: instantSchema.parse(this.#hubTime) } : {}),
      ...(credit ? { credit } : {}),
      ...this.untruths.shift(),
    }
  }

  #append(record: TidelineRecord): void {
    if (record.seq !== this.log.length + 1) return
    this.log.push(record)
    const verdict = this.judge.get(record.seq)
    if (verdict) this.verdicts.set(record.seq, { seq: record.seq, ...verdict })
  }

  #fetch(request: UpRequest<'fetch'>): UpResponse<'fetch'> | null | 'silent' {
    this.fetches.push(request)
    const fault = this.fetchFaults.shift()
    if (fault === 'silent') return 'silent'
    if (fault === 'lose-answer') return null
    if (fault) return { outcome: 'refused', code: fault, message: 'as told' }
    const { incarnation, fromSeq, toSeq } = request
    const known = [...this.formerLog, ...this.log].filter((r) => r.incarnation === incarnation && r.seq >= fromSeq && r.seq <= toSeq)
    return { outcome: 'fetched', records: known.slice(0, this.fetchLimit), more: known.length > this.fetchLimit }
  }

  #pull({ feed, after, limit }: UpRequest<'pull'>): UpResponse<'pull'> {
    const later = (this.feeds.get(feed) ?? []).filter((e) => e.checkpoint > after).toSorted((a, b) => a.checkpoint - b.checkpoint)
    const entries = later.slice(0, limit)
    return {
      ...{ outcome: 'pulled', entries, checkpoint: entries.at(-1)?.checkpoint ?? after, more: later.length > limit },
      ...(this.protocolVersion >= 3 ? { epoch: this.pulledEpoch ?? this.epoch } : {}),
    }
  }
}
