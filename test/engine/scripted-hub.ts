/**
 * A hub in memory at the Link port: it keeps the transport rules (skips what it has, names a gap, repeats verdicts) and misbehaves as told.
 * Every message is copied through JSON and parsed, as a wire would.
 */
import { downMessages, type DownEvent, type DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import { chainText, genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { upMessages, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import { LinkLost, type Link, type LinkHandlers } from '#sync/core/ports.ts'
import { sha256 } from './records.ts'

export type BatchFault = 'lose-request' | 'lose-answer' | 'half' | 'gap' | ErrorCode

/** `silent`: a hub that does not know the question and never answers; the line stays up. */
export type FetchFault = 'silent' | 'lose-answer' | ErrorCode

const overWire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export class ScriptedHub {
  up = true
  /** Refuses each hello with this code. */
  refuseHello: ErrorCode | null = null
  storeId = 'S1'
  protocolVersion = 1
  epoch: string | undefined
  /** Answers of this hub's oversight, or in place of its own. */
  readonly answers: { [E in UpEvent]?: (request: UpRequest<E>) => UpResponse<E> | null | 'silent' } = {}
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
    const message = upMessages[event].request.parse(event === 'diagnostics' ? structuredClone(request) : overWire(request))
    const answer = this.answer(event, message)
    await Promise.resolve()
    if (answer === 'silent') throw new LinkLost('no answer in time')
    if (answer === null || this.#handlers !== handlers) {
      if (this.#handlers === handlers) this.cut()
      throw new LinkLost('no answer')
    }
    return upMessages[event].response.parse(overWire(answer)) as UpResponse<E>
  }

  /** What a hub answers to a parsed message; null = the answer is lost. */
  answer(event: UpEvent, message: unknown): UpResponse<UpEvent> | null | 'silent' {
    const scripted = this.answers[event] as ((request: unknown) => UpResponse<UpEvent> | null | 'silent') | undefined
    if (scripted) return scripted(message)
    if (event === 'hello') return this.#hello()
    if (event === 'batch') return this.#batch((message as UpRequest<'batch'>).records)
    if (event === 'fetch') return this.#fetch(message as UpRequest<'fetch'>)
    return this.#pull(message as UpRequest<'pull'>)
  }

  #hello(): UpResponse<'hello'> {
    this.hellos += 1
    if (this.refuseHello) return { outcome: 'refused', code: this.refuseHello, message: 'as told' }
    return upMessages.hello.response.parse({
      outcome: 'welcome',
      protocolVersion: this.protocolVersion,
      ...(this.epoch === undefined ? {} : { epoch: this.epoch }),
      storeId: this.storeId,
      ackedSeq: this.log.length,
      headHash: this.headHash,
      hubTime: '2026-03-02T10:00:00.000Z',
    })
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
    return { outcome: 'acknowledged', ackedSeq: this.log.length, verdicts: taken.flatMap((r) => this.verdicts.get(r.seq) ?? []) }
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
    return { outcome: 'pulled', entries, checkpoint: entries.at(-1)?.checkpoint ?? after, more: later.length > limit }
  }
}
