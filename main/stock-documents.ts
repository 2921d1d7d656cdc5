/**
 * A store's stock documents on their way into the journal: for each one of
 *
 *   captured    a new record, durable
 *   duplicate   this documentId with this content has a record, durable
 *   conflict    this documentId with other content: both are kept, and the hub tells a person [STK1]
 *
 * Equal ids are decided one after the other. Rejects with CannotWrite, and then the same document may come again.
 */
import { recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import type { StockDocument } from '#sync/contract/stock-document.ts'
import { createTurns } from './intake/turns.ts'
import type { Journal } from './journal/journal.ts'
import { sha256 } from './journal/sha256.ts'
import type { RecordIndex } from './record-index.ts'
import { stockDocumentKey } from './record-keys.ts'

export type StockDocumentResult =
  | { outcome: 'captured'; recordId: string; warnings: [] }
  | { outcome: 'duplicate'; recordId: string }
  | { outcome: 'conflict'; recordId: string; firstRecordId: string }
  | { outcome: 'too-large'; maxBytes: number }

export interface StockDocuments {
  take(document: StockDocument): Promise<StockDocumentResult>
}

/** The contract's bound on a record's payload. */
const maxPayloadBytes = 400_000

export const createStockDocuments = ({ journal, index }: { journal: Journal; index: RecordIndex }): StockDocuments => {
  const inTurn = createTurns()

  const record = async (key: string, text: string): Promise<TidelineRecord> => {
    const appended = await journal.append('stock-document', text)
    index.add(key, appended.seq)
    return appended
  }

  const settle = async (key: string, text: string): Promise<StockDocumentResult> => {
    const first = index.mayHave(key) ? await index.find(key) : null
    if (!first) return { outcome: 'captured', recordId: recordIdOf(await record(key, text)), warnings: [] }
    const contentHash = sha256(text)
    if (first.payloadHash === contentHash) return { outcome: 'duplicate', recordId: recordIdOf(first) }
    const kept = (await index.find(key, ({ payloadHash }) => payloadHash === contentHash)) ?? (await record(key, text))
    return { outcome: 'conflict', recordId: recordIdOf(kept), firstRecordId: recordIdOf(first) }
  }

  return {
    take: (document) => {
      const text = JSON.stringify(document)
      if (Buffer.byteLength(text) > maxPayloadBytes) return Promise.resolve({ outcome: 'too-large', maxBytes: maxPayloadBytes })
      const key = stockDocumentKey(document)
      return inTurn(key, () => settle(key, text))
    },
  }
}
