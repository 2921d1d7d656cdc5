/**
 * RxDB's schemas: thin envelopes around loose payloads, which zod parses at the edges. Their shape is meant to stay: a schema
 * migration runs at a few hundred documents a second with writes refused meanwhile.
 */
import type { RxJsonSchema } from 'rxdb/plugins/core'
import type { FeedName } from '#sync/contract/feed.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Verdict } from '#sync/contract/verdict.ts'

/**
 * How many of each sort the journal held up to and including this record, counted from where the copy began; the same at each rebuild
 * of a whole journal. A copy filled from a pruned one counts from its first record: only differences within a copy mean something.
 */
export interface Tally {
  transactions: number
  quarantined: number
}

/** `id` is `recordDocId`. */
export interface RecordDoc {
  id: string
  kind: string
  record: TidelineRecord
  tally: Tally
}
export interface VerdictDoc {
  id: string
  verdict: Verdict
}
/** `outbox:<incarnation>` and `feed:<name>`. */
export interface PositionDoc {
  id: string
  value: Record<string, unknown>
}
export interface FeedDoc {
  id: string
  /** What the document says of itself that RxDB must index: the posting's state; empty in other feeds. */
  state: string
  checkpoint: number
  receivedAtMs: number
  document: Record<string, unknown>
  /** Prices: the amount before this same price was overwritten. */
  overwrittenMinor?: number
}
/** A page of a feed that tills do not see yet, or the cut through which they do: `staging-shelf.ts`. */
export interface StagedDoc {
  id: string
  value: Record<string, unknown>
}
/** `text` is JSON as it came. */
export interface ParkedDoc {
  id: string
  text: string
  reason: string
  parkedAtMs: number
}

const id = (maxLength: number) => ({ type: 'string', maxLength }) as const
const loose = { type: 'object', additionalProperties: true } as const

export const recordSchema: RxJsonSchema<RecordDoc> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: id(32), kind: id(16), record: loose as never, tally: loose as never },
  required: ['id', 'kind', 'record', 'tally'],
  indexes: [['kind', 'id']],
}

export const verdictSchema: RxJsonSchema<VerdictDoc> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: id(32), verdict: loose as never },
  required: ['id', 'verdict'],
}

const namedValue: RxJsonSchema<{ id: string; value: Record<string, unknown> }> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: id(64), value: loose as never },
  required: ['id', 'value'],
}
export const positionSchema: RxJsonSchema<PositionDoc> = namedValue
export const stagedSchema: RxJsonSchema<StagedDoc> = namedValue

const feedSchema = (indexes: string[]): RxJsonSchema<FeedDoc> => ({
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: id(200),
    state: id(16),
    checkpoint: { type: 'number' },
    receivedAtMs: { type: 'number' },
    document: loose as never,
    overwrittenMinor: { type: 'number' },
  },
  required: ['id', 'state', 'checkpoint', 'receivedAtMs', 'document'],
  indexes,
})

export const feedSchemas: { [F in FeedName]: RxJsonSchema<FeedDoc> } = {
  items: feedSchema([]),
  prices: feedSchema([]),
  assortment: feedSchema([]),
  settings: feedSchema([]),
  postings: feedSchema(['state']),
}

export const parkedSchema: RxJsonSchema<ParkedDoc> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: id(300), text: { type: 'string' }, reason: { type: 'string' }, parkedAtMs: { type: 'number' } },
  required: ['id', 'text', 'reason', 'parkedAtMs'],
}
