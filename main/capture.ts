/**
 * The one decision point of capture: bytes of a till in, and for each transaction in them one of
 *
 *   captured     a new record, durable
 *   duplicate    the same key with the same content has a record, durable
 *   conflict     the same key with other content: both are kept
 *   quarantined  not understood: the whole input is kept, and a record says why
 *
 * Equal keys are decided one after the other, each after the one before is durable. Rejects with CannotWrite, and then
 * the same input may come again: what is durable by then is a duplicate.
 */
import { setImmediate } from 'node:timers/promises'
import { quarantinedItem, reasonOf, type CapturedItem, type CaptureHints } from '#sync/capture/captured-item.ts'
import { type ConflictPayload, type QuarantinePayload, type Reason, recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { decodeExcerpt } from './intake/input-text.ts'
import { readInput } from './intake/read-input.ts'
import { createTurns } from './intake/turns.ts'
import { CannotWrite, type Journal } from './journal/journal.ts'
import { sha256 } from './journal/sha256.ts'
import type { Quarantine } from './quarantine.ts'
import { carriesBusiness, type CrossCheck } from './taps/cross-check.ts'
import type { Sighting } from './taps/sightings.ts'
import { openRecordIndex, type RecordIndex } from './record-index.ts'
import { conflictKey, quarantineKey, transactionKey } from './record-keys.ts'

/** Where items come from. */
export interface Origin {
  /** For people: "http", "file sales.xml". */
  source: string
  /** The whole input, which is what quarantine keeps; without it, as of a large file, each faulty part is kept by itself. */
  bytes?: Uint8Array
  /** Which of several sources of one till it is: "http", "folder", a database by its name. */
  tap?: string
}

export interface TakeInput extends Origin {
  bytes: Uint8Array
  contentType?: string
  fileName?: string
}

export type TakeResult =
  | { outcome: 'captured'; recordId: string; warnings: Reason[] }
  | { outcome: 'duplicate'; recordId: string }
  | { outcome: 'conflict'; recordId: string; firstRecordId: string }
  | { outcome: 'quarantined'; recordId: string; reasons: Reason[] }

export interface Capture {
  /** One result for each transaction or fault, in the order of the document; at least one. */
  take(input: TakeInput): Promise<TakeResult[]>
  /** What `take` would take; nothing is recorded. */
  read(input: TakeInput): Promise<CapturedItem[]>
  /** One result for each, in order, all durable. What calls this bounds how many. */
  takeItems(items: readonly CapturedItem[], origin: Origin): Promise<TakeResult[]>
  hints(fileName?: string): CaptureHints
  /** Quarantines the input unread. */
  refuse(input: TakeInput, reason: Reason): Promise<TakeResult>
  /** When the newest record was made durable; null before the first since the start. */
  lastCapturedAt(): string | null
}

interface CaptureParts {
  journal: Journal
  quarantine: Quarantine
  identity: Omit<CaptureHints, 'contentType' | 'fileName'>
  /** Several sources may report one till. */
  crossCheck?: CrossCheck | undefined
  /** Made while the journal was opened; without it, the journal is read for it. */
  index?: RecordIndex
}

const maxPayloadBytes = 400_000
/** New ones share a sync. Known ones cost a look-up each, and share nothing. */
const itemsAtOnce = 250
const knownAtOnce = 25

export const openCapture = async ({ journal, quarantine, identity, crossCheck, ...parts }: CaptureParts): Promise<Capture> => {
  const index = parts.index ?? (await openRecordIndex(journal))
  const inTurn = createTurns()
  let lastCapturedAt: string | null = null

  const hintsOf = (contentType?: string, fileName?: string): CaptureHints => ({
    ...identity,
    ...(contentType === undefined ? {} : { contentType }),
    ...(fileName === undefined ? {} : { fileName }),
  })

  const record = async (key: string, kind: TidelineRecord['kind'], payloadText: string): Promise<TidelineRecord> => {
    const appended = await journal.append(kind, payloadText)
    index.add(key, appended.seq)
    lastCapturedAt = appended.capturedAt
    return appended
  }

  const takeConflict = async (transaction: Transaction, contentHash: string, first: TidelineRecord): Promise<TakeResult> => {
    const firstRecordId = recordIdOf(first)
    const key = conflictKey(transaction, contentHash)
    const known = await index.find(key)
    const payload: ConflictPayload = { firstRecordId, transaction }
    const kept = known ?? (await record(key, 'conflict', JSON.stringify(payload)))
    return { outcome: 'conflict', recordId: recordIdOf(kept), firstRecordId }
  }

  /** Another source's word of the same sale is a duplicate where goods and money agree; where not, a person is told in what. */
  const takeOther = async (transaction: Transaction, contentHash: string, first: TidelineRecord, tap?: string): Promise<TakeResult> => {
    const differences = crossCheck && tap !== undefined ? crossCheck.compare(tap, first, transaction) : undefined
    if (differences?.length === 0) return { outcome: 'duplicate', recordId: recordIdOf(first) }
    const conflict = await takeConflict(transaction, contentHash, first)
    if (crossCheck && tap !== undefined && differences)
      await crossCheck.tellDifference(tap, transaction, differences, [recordIdOf(first), conflict.recordId])
    return conflict
  }

  const takeTransaction = (transaction: Transaction, text: string, warnings: Reason[], tap?: string): Promise<TakeResult> => {
    const key = transactionKey(transaction)
    return inTurn(key, async () => {
      const first = index.mayHave(key) ? await index.find(key) : null
      if (!first) return { outcome: 'captured', recordId: recordIdOf(await record(key, 'transaction', text)), warnings }
      const contentHash = sha256(text)
      if (first.payloadHash === contentHash) return { outcome: 'duplicate', recordId: recordIdOf(first) }
      return takeOther(transaction, contentHash, first, tap)
    })
  }

  const takeFault = async (item: CapturedItem & { outcome: 'quarantined' }, origin: Origin): Promise<TakeResult> => {
    const bytes = origin.bytes ?? new TextEncoder().encode(item.raw)
    const contentHash = await quarantine.keep(bytes).catch((error: unknown) => {
      throw new CannotWrite(error instanceof Error ? error.message : String(error))
    })
    const [first, ...others] = item.reasons
    const reasons = [{ ...(first ?? reasonOf('INVALID', 'not understood')), where: item.where }, ...others]
    const key = quarantineKey(contentHash, item.where)
    return inTurn(key, async () => {
      const payload: QuarantinePayload = {
        source: origin.source.slice(0, 300),
        reasons,
        contentHash,
        sizeBytes: bytes.length,
        excerpt: item.excerpt,
        ...(item.claimed === undefined ? {} : { claimed: item.claimed }),
      }
      const kept = (await index.find(key)) ?? (await record(key, 'quarantine', fittingText(payload)))
      return { outcome: 'quarantined', recordId: recordIdOf(kept), reasons }
    })
  }

  const takeItem = (item: CapturedItem, position: number, origin: Origin): Promise<TakeResult> => {
    if (item.outcome === 'quarantined') return takeFault(item, origin)
    const text = canonicalText(item.transaction)
    if (fits(text)) return takeTransaction(item.transaction, text, item.warnings, origin.tap)
    const where = `transaction ${position + 1}`
    const tooLarge = quarantinedItem([reasonOf('TOO_LARGE', `the transaction is over ${maxPayloadBytes} bytes`, where)], text, where)
    return takeItem(tooLarge, position, origin)
  }

  const mayBeKnown = (item: CapturedItem): boolean => item.outcome === 'transaction' && index.mayHave(transactionKey(item.transaction))

  const endOfStep = (items: readonly CapturedItem[], from: number): number => {
    let end = from
    for (let known = 0; end < items.length && end - from < itemsAtOnce && known < knownAtOnce; end += 1)
      if (mayBeKnown(items[end] as CapturedItem)) known += 1
    return end
  }

  const takeItems = async (items: readonly CapturedItem[], origin: Origin): Promise<TakeResult[]> => {
    const results: TakeResult[] = []
    // Some at a time, each durable before the next: what tills send meanwhile comes in between.
    for (let at = 0; at < items.length;) {
      const end = endOfStep(items, at)
      const settled = await Promise.allSettled(items.slice(at, end).map((item, i) => takeItem(item, at + i, origin)))
      for (const one of settled) {
        if (one.status === 'rejected') throw one.reason
        results.push(one.value)
      }
      at = end
      if (at < items.length) await setImmediate()
    }
    if (crossCheck && origin.tap !== undefined) await crossCheck.saw(origin.tap, items.flatMap(sightingOf))
    return results
  }

  const read = ({ bytes, contentType, fileName }: TakeInput): Promise<CapturedItem[]> => readInput(bytes, hintsOf(contentType, fileName))

  return {
    hints: (fileName) => hintsOf(undefined, fileName),
    read,
    take: async (input) => takeItems(await read(input), input),
    takeItems,
    refuse: (input, reason) => takeItem(quarantinedItem([reason], decodeExcerpt(input.bytes), 'document'), 0, input),
    lastCapturedAt: () => lastCapturedAt,
  }
}

/** What is not understood was reported all the same, where it bears a number. */
const sightingOf = (item: CapturedItem): Sighting[] => {
  if (item.outcome === 'quarantined') return item.claimed ? [{ ...item.claimed, business: false }] : []
  const { workstationId, businessDay, sequenceNumber } = item.transaction
  return [{ workstationId, businessDay, sequenceNumber, business: carriesBusiness(item.transaction) }]
}

/** All of it is in the quarantine; what does not fit is left out of the record, the excerpt and the later reasons first. */
const fittingText = (payload: QuarantinePayload): string => {
  const text = JSON.stringify(payload)
  return fits(text) ? text : JSON.stringify({ ...payload, excerpt: '', reasons: payload.reasons.slice(0, 10) })
}

/** A conflict wraps the transaction in a few more bytes, and must fit as well. */
const fits = (text: string): boolean => Buffer.byteLength(text) <= maxPayloadBytes - 500
