/** Records and journals for tests: a real hash chain over small transactions. */
import { createHash } from 'node:crypto'
import type { JournalHead } from '#sync/contract/ipc.ts'
import { chainText, genesisHash, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { deviceIdSchema, incarnationSchema, sha256Schema, type Sha256 } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'

export const deviceId = deviceIdSchema.parse('dev-000000000001')
export const firstIncarnation = incarnationSchema.parse('aaaaaaaaaaaa')

export const sha256 = (text: string): Sha256 => sha256Schema.parse(createHash('sha256').update(text).digest('hex'))

export const saleText = (sequenceNumber: number, description = 'Milk'): string =>
  JSON.stringify({
    storeId: 'S1',
    workstationId: 'W1',
    businessDay: '2026-03-02',
    sequenceNumber,
    kind: 'sale',
    endedAt: '2026-03-02T10:00:00',
    currency: 'EUR',
    lineItems: [
      {
        lineNumber: 1,
        kind: 'sale',
        itemId: 'I1',
        description,
        quantityMilli: 1000,
        unit: 'each',
        unitPriceMinor: 100,
        discountMinor: 0,
        amountMinor: 100,
        voided: false,
      },
    ],
    tenders: [{ lineNumber: 1, kind: 'cash', amountMinor: 100, voided: false }],
    taxes: [],
    totals: { netMinor: 100, taxMinor: 0, grandMinor: 100 },
  })

export const quarantineText = (source: string): string =>
  JSON.stringify({
    source,
    reasons: [{ code: 'MALFORMED', message: 'not XML' }],
    contentHash: sha256(source),
    sizeBytes: 9,
    excerpt: '<oops',
  })

/** A journal in memory that keeps the same promises as the real one: numbered, chained, told of after the append. `records` is all it ever held. */
export class MemoryJournal implements JournalSource {
  readonly incarnation
  /** What it gave up, as a journal does with acknowledged records of old. */
  prunedSeq = 0
  readonly records: TidelineRecord[] = []
  readonly #deviceId
  #hash: Sha256 = genesisHash
  readonly #listeners = new Set<(seq: number) => void>()

  constructor(incarnation: string = firstIncarnation, device: string = deviceId) {
    this.incarnation = incarnationSchema.parse(incarnation)
    this.#deviceId = deviceIdSchema.parse(device)
  }

  append(payload: string, kind: TidelineRecord['kind'] = 'transaction'): TidelineRecord {
    const record = recordSchema.parse({
      deviceId: this.#deviceId,
      incarnation: this.incarnation,
      seq: this.records.length + 1,
      kind,
      capturedAt: '2026-03-02T10:00:00.000Z',
      payload,
      payloadHash: sha256(payload),
      previousHash: this.#hash,
    })
    this.records.push(record)
    this.#hash = sha256(chainText(record))
    for (const listener of this.#listeners) listener(record.seq)
    return record
  }

  appendSales(count: number): void {
    for (let i = 0; i < count; i++) this.append(saleText(this.records.length + 1))
  }

  head(): Promise<JournalHead> {
    return Promise.resolve({ incarnation: this.incarnation, seq: this.records.length, hash: this.#hash })
  }

  read(afterSeq: number, limit: number): Promise<TidelineRecord[]> {
    const first = Math.max(afterSeq, this.prunedSeq)
    return Promise.resolve(this.records.slice(first, first + limit))
  }

  onAppended(callback: (seq: number) => void): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }
}
