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
import { endsWhole, openDocument } from '#sync/capture/dialects.ts'
import type { Identity } from '#sync/contract/config.ts'
import { type ConflictPayload, type QuarantinePayload, type Reason, recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { decodeExcerpt, decodeInput } from './intake/input-text.ts'
import { createTurns } from './intake/turns.ts'
import { CannotWrite, type Journal } from './journal/journal.ts'
import { sha256 } from './journal/sha256.ts'
import type { Quarantine } from './quarantine.ts'
import { openRecordIndex } from './record-index.ts'
import { conflictKey, quarantineKey, transactionKey } from './record-keys.ts'

export interface TakeInput {
  bytes: Uint8Array
  contentType?: string
  fileName?: string
  /** Where it came from, for people: "http", "file sales.xml". */
  source: string
}

export type TakeResult =
  | { outcome: 'captured'; recordId: string; warnings: Reason[] }
  | { outcome: 'duplicate'; recordId: string }
  | { outcome: 'conflict'; recordId: string; firstRecordId: string }
  | { outcome: 'quarantined'; recordId: string; reasons: Reason[] }

/** `unfinished` keeps nothing: the text ends too early, more of it may be on its way. */
export type TakeWholeResult = { outcome: 'taken'; results: TakeResult[] } | { outcome: 'unfinished'; reasons: Reason[] }

export interface Capture {
  /** One result for each transaction or fault, in the order of the document; at least one. */
  take(input: TakeInput): Promise<TakeResult[]>
  takeWhole(input: TakeInput): Promise<TakeWholeResult>
  /** Quarantines the input unread. */
  refuse(input: TakeInput, reason: Reason): Promise<TakeResult>
  /** When the newest record was made durable; null before the first since the start. */
  lastCapturedAt(): string | null
}

interface CaptureParts {
  journal: Journal
  quarantine: Quarantine
  identity: Pick<Identity, 'storeId' | 'currency' | 'timeZone'>
}

const maxPayloadBytes = 400_000
const itemsAtOnce = 250
const largeInputBytes = 2_000_000
const stepMs = 20

const stepCharacters = 32_000

const readInSteps = function* (text: string, hints: CaptureHints): Generator<void, CapturedItem[]> {
  const document = openDocument(hints)
  const items: CapturedItem[] = []
  for (let at = 0; at < text.length; at += stepCharacters) {
    items.push(...document.write(text.slice(at, at + stepCharacters)))
    yield
  }
  items.push(...document.end())
  return items
}

/** Whoever else waits for this thread gets a turn every `stepMs`. Time is measured, never recorded. */
const finishInSteps = async <T>(steps: Generator<void, T>): Promise<T> => {
  for (let turnedAt = performance.now(); ;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - turnedAt < stepMs) continue
    await setImmediate()
    turnedAt = performance.now()
  }
}

export const openCapture = async ({ journal, quarantine, identity }: CaptureParts): Promise<Capture> => {
  const index = await openRecordIndex(journal)
  const inTurn = createTurns()
  let lastCapturedAt: string | null = null

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

  const takeTransaction = (transaction: Transaction, text: string, warnings: Reason[]): Promise<TakeResult> => {
    const key = transactionKey(transaction)
    return inTurn(key, async () => {
      const first = index.mayHave(key) ? await index.find(key) : null
      if (!first) return { outcome: 'captured', recordId: recordIdOf(await record(key, 'transaction', text)), warnings }
      const contentHash = sha256(text)
      if (first.payloadHash === contentHash) return { outcome: 'duplicate', recordId: recordIdOf(first) }
      return takeConflict(transaction, contentHash, first)
    })
  }

  const takeFault = async (item: CapturedItem & { outcome: 'quarantined' }, input: TakeInput): Promise<TakeResult> => {
    const contentHash = await quarantine.keep(input.bytes).catch((error: unknown) => {
      throw new CannotWrite(error instanceof Error ? error.message : String(error))
    })
    const [first, ...others] = item.reasons
    const reasons = [{ ...(first ?? reasonOf('INVALID', 'not understood')), where: item.where }, ...others]
    const key = quarantineKey(contentHash, item.where)
    return inTurn(key, async () => {
      const payload: QuarantinePayload = {
        source: input.source.slice(0, 300),
        reasons,
        contentHash,
        sizeBytes: input.bytes.length,
        excerpt: item.excerpt,
      }
      const kept = (await index.find(key)) ?? (await record(key, 'quarantine', JSON.stringify(payload)))
      return { outcome: 'quarantined', recordId: recordIdOf(kept), reasons }
    })
  }

  const takeItem = (item: CapturedItem, position: number, input: TakeInput): Promise<TakeResult> => {
    if (item.outcome === 'quarantined') return takeFault(item, input)
    const text = canonicalText(item.transaction)
    if (fits(text)) return takeTransaction(item.transaction, text, item.warnings)
    const where = `transaction ${position + 1}`
    const tooLarge = quarantinedItem([reasonOf('TOO_LARGE', `the transaction is over ${maxPayloadBytes} bytes`, where)], text, where)
    return takeItem(tooLarge, position, input)
  }

  const takeItems = async (items: readonly CapturedItem[], input: TakeInput): Promise<TakeResult[]> => {
    const results: TakeResult[] = []
    // Some at a time, each durable before the next: what tills send meanwhile comes in between.
    for (let at = 0; at < items.length; at += itemsAtOnce) {
      const settled = await Promise.allSettled(items.slice(at, at + itemsAtOnce).map((item, i) => takeItem(item, at + i, input)))
      for (const one of settled) {
        if (one.status === 'rejected') throw one.reason
        results.push(one.value)
      }
      if (at + itemsAtOnce < items.length) await setImmediate()
    }
    return results
  }

  const readInput = async (input: TakeInput): Promise<CapturedItem[]> => {
    const text = decodeInput(input.bytes, input)
    if (input.bytes.length > largeInputBytes) await setImmediate()
    const { contentType, fileName } = input
    return finishInSteps(
      readInSteps(text, {
        ...identity,
        ...(contentType === undefined ? {} : { contentType }),
        ...(fileName === undefined ? {} : { fileName }),
      }),
    )
  }

  return {
    take: async (input) => takeItems(await readInput(input), input),
    takeWhole: async (input) => {
      const items = await readInput(input)
      if (endsWhole(items)) return { outcome: 'taken', results: await takeItems(items, input) }
      return { outcome: 'unfinished', reasons: items.flatMap((item) => (item.outcome === 'quarantined' ? item.reasons : [])) }
    },
    refuse: (input, reason) => takeItem(quarantinedItem([reason], decodeExcerpt(input.bytes), 'document'), 0, input),
    lastCapturedAt: () => lastCapturedAt,
  }
}

/** A conflict wraps the transaction in a few more bytes, and must fit as well. */
const fits = (text: string): boolean => Buffer.byteLength(text) <= maxPayloadBytes - 500
