/**
 * A batch as it came over the wire. When it is not of the contract as a whole, its records are read one by one: a record
 * whose place in its journal can be read is taken, if need be as `UnreadRecord`, and does not hold up the others [TRN7].
 * Only a batch whose shape, or a record's place, cannot be read is refused.
 */
import { z } from 'zod'
import { batchLimits } from '#sync/contract/protocol.ts'
import { recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { batchSchema } from '#sync/contract/up.ts'
import type { DeviceId, Incarnation, Sha256 } from '#sync/contract/vocabulary.ts'
import { isBatch } from './compiled-shape.ts'

/** In its place in the journal, otherwise outside the contract. */
export interface UnreadRecord {
  deviceId: DeviceId
  incarnation: Incarnation
  seq: number
  /** Whatever stands there, as text; so is `capturedAt`. Both take part in the chain hash. */
  kind: string
  capturedAt: string
  /** The whole record as JSON text, cut at the bound of a message. */
  payload: string
  payloadHash: Sha256
  previousHash: Sha256
  flaw: string
}

export type ReceivedRecord = TidelineRecord | UnreadRecord

export type ReceivedBatch =
  /** `hashes`: the chain hash of each record, where they were computed here, and with them those that the records name. */
  { outcome: 'received'; records: readonly ReceivedRecord[]; hashes?: readonly string[] } | { outcome: 'unreadable'; message: string }

const shellSchema = z.strictObject({ records: z.array(z.unknown()).min(1).max(batchLimits.maxRecords) })
const placeSchema = z.object(
  recordSchema.pick({ deviceId: true, incarnation: true, seq: true, payloadHash: true, previousHash: true }).shape,
)

export const receiveBatch = (message: unknown): ReceivedBatch => {
  if (isBatch(message)) return { outcome: 'received', records: message.records }
  const whole = batchSchema.safeParse(message)
  if (whole.success) return { outcome: 'received', records: whole.data.records }
  const shell = shellSchema.safeParse(message)
  if (!shell.success) return unreadable(wordIssues(shell.error))
  const records: ReceivedRecord[] = []
  for (const [index, received] of shell.data.records.entries()) {
    const record = receiveRecord(received)
    if ('issues' in record) return unreadable(`records.${index}.${wordIssues(record)}`)
    records.push(record)
  }
  return { outcome: 'received', records }
}

const receiveRecord = (received: unknown): ReceivedRecord | z.ZodError => {
  const parsed = recordSchema.safeParse(received)
  if (parsed.success) return parsed.data
  const place = placeSchema.safeParse(received)
  if (!place.success) return place.error
  const { kind, capturedAt } = received as { kind?: unknown; capturedAt?: unknown }
  return {
    ...place.data,
    // As the chain's text has them, so that an odd value does not break the chain of the next record.
    kind: asText(kind),
    capturedAt: asText(capturedAt),
    payload: JSON.stringify(received).slice(0, batchLimits.maxMessageBytes),
    flaw: wordIssues(parsed.error),
  }
}

const asText = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value))

export const unreadable = (message: string): ReceivedBatch => ({ outcome: 'unreadable', message: message.slice(0, 1_000) })

/** The first few of zod's complaints, each with its field. */
export const wordIssues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    .join('; ')
    .replaceAll('\u0000', '\u2400')
