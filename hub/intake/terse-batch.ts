/**
 * A terse batch becomes a batch again [TRN13] [HUB9]: numbers from where it begins, names from its frame, hashes computed. Where these
 * do not come to those that the sender holds, nothing is taken and the sender gives the records in full: only then can each be judged.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { must } from '#sync/contract/assert.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import type { terseHeadsSchema } from '#sync/contract/terse-batch.ts'
import { type UpRequest, terseBatchSchema } from '#sync/contract/up.ts'
import type { Sha256 } from '#sync/contract/vocabulary.ts'
import { isTerseHeads } from './compiled-shape.ts'
import { inflate, notInflated, parseJson } from './packed-batch.ts'
import { type ReceivedBatch, receiveBatch, unreadable, wordIssues } from './received-batch.ts'

/** `unproven`: what was left out does not come out as the sender holds it. */
export type ReceivedTerseBatch = ReceivedBatch | { outcome: 'unproven'; message: string }

export const receiveTerseBatch = async (message: unknown): Promise<ReceivedTerseBatch> => {
  const terse = terseBatchSchema.safeParse(message)
  if (!terse.success) return unreadable(wordIssues(terse.error))
  const text = await inflate(terse.data.bytes)
  return text === null ? unreadable(notInflated) : expandTerse(text, terse.data)
}

type Frame = Omit<UpRequest<'terseBatch'>, 'codec' | 'bytes'>

type Heads = z.infer<typeof terseHeadsSchema>

/** As they stand, whatever they are: a record outside the contract keeps its place in the journal [TRN7]. */
const looseHeadsSchema = z
  .array(z.strictObject({ kind: z.unknown(), capturedAt: z.unknown(), length: z.int().min(0) }))
  .min(1)
  .max(batchLimits.maxRecords)

/** Heads that are not of the contract are so in name only, and what comes of them is looked at record by record. */
const readHeads = (json: unknown): { heads: Heads; isOfContract: boolean } | string => {
  if (isTerseHeads(json)) return { heads: json, isOfContract: true }
  const loose = looseHeadsSchema.safeParse(json)
  return loose.success ? { heads: loose.data as Heads, isOfContract: false } : wordIssues(loose.error)
}

export const expandTerse = (text: string, frame: Frame): ReceivedTerseBatch => {
  const end = Math.max(0, text.indexOf('\n'))
  const read = readHeads(parseJson(text.slice(0, end)))
  if (typeof read === 'string') return unreadable(read)
  const { heads, isOfContract } = read
  if (heads.length !== frame.count) return unreadable(`said to be ${frame.count} records, but it holds ${heads.length}`)
  const payloads = payloadsOf(text.slice(end + 1), heads)
  if (payloads === null) return unreadable('its payloads are not as long as its heads say')
  const { records, hashes } = chained(heads, payloads, frame)
  const last = must(records.at(-1), 'the last record of a batch')
  if (last.previousHash !== frame.lastPreviousHash || last.payloadHash !== frame.lastPayloadHash)
    return { outcome: 'unproven', message: `the hashes of records ${frame.fromSeq} to ${last.seq} are not those that the store holds` }
  return isOfContract ? { outcome: 'received', records, hashes } : receiveBatch({ records })
}

const payloadsOf = (text: string, heads: Heads): string[] | null => {
  let at = 0
  const payloads = heads.map(({ length }) => text.slice(at, (at += length)))
  return at === text.length ? payloads : null
}

const sha256 = (text: string): Sha256 => hash('sha256', text, 'hex') as Sha256

const chained = (heads: Heads, payloads: readonly string[], frame: Frame) => {
  const { deviceId, incarnation, fromSeq } = frame
  let { previousHash } = frame
  const hashes: string[] = []
  const records = heads.map(({ kind, capturedAt }, index): TidelineRecord => {
    const payload = payloads[index] ?? ''
    const seq = fromSeq + index
    const record = { deviceId, incarnation, seq, kind, capturedAt, payload, payloadHash: sha256(payload), previousHash }
    previousHash = sha256(chainText(record))
    hashes.push(previousHash)
    return record
  })
  return { records, hashes }
}
