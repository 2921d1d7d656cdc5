/**
 * A POST of one stock document. It is answered after its record is durable. What is not understood is kept whole in quarantine, as a till's
 * transaction is; on 503 and 5xx whoever sent it keeps it and tries again.
 */
import { type CapturedItem, quarantinedItem, reasonOf } from '#sync/capture/captured-item.ts'
import type { Reason } from '#sync/contract/record.ts'
import { type StockDocument, stockDocumentSchema } from '#sync/contract/stock-document.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import type { HubProtocol } from '../hub-protocol.ts'
import { CannotWrite, JournalBusy } from '../journal/journal.ts'
import type { StockDocuments } from '../stock-documents.ts'
import { type Answer, answerResults, refuse } from './answers.ts'
import { readCallBody } from './call-body.ts'
import { decodeExcerpt } from './input-text.ts'
import { tooOldHub } from './price-override-answer.ts'
import type { Call } from './routes.ts'

export interface StockDocumentParts {
  capture: Capture
  stockDocuments: StockDocuments
  hubProtocol: Pick<HubProtocol, 'knowsDocuments'>
  maxBodyBytes: number
  log: AgentLog
}

const reasonsAtMost = 50

export const answerStockDocument =
  ({ capture, stockDocuments, hubProtocol, maxBodyBytes, log }: StockDocumentParts) =>
  async (call: Call): Promise<Answer> => {
    const sent = await readCallBody(call, maxBodyBytes)
    if (sent.outcome === 'refused') return sent.answer
    const { bytes } = sent
    const quarantine = async (reasons: Reason[]): Promise<Answer> => {
      const item: CapturedItem = quarantinedItem(reasons, decodeExcerpt(bytes), 'stock document')
      return answerResults(await capture.takeItems([item], { source: 'http stock document', bytes }))
    }
    try {
      const read = readDocument(bytes, capture.hints().storeId)
      if ('reasons' in read) return await quarantine(read.reasons)
      if (!hubProtocol.knowsDocuments()) return tooOldHub()
      const result = await stockDocuments.take(read.document)
      if (result.outcome !== 'too-large') return answerResults([result])
      return await quarantine([reasonOf('TOO_LARGE', `the document is over ${result.maxBytes} bytes: split it`, 'stock document')])
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error
      if (!(error instanceof JournalBusy)) log.error(`cannot write: ${error.message}`)
      const message = `the journal cannot be written: ${error.message}; keep the document and try again`
      return refuse(503, 'CANNOT_WRITE', message, { 'retry-after': error instanceof JournalBusy ? '1' : '5' })
    }
  }

const wordIssue = ({ path, message }: { path: PropertyKey[]; message: string }): string =>
  path.length > 0 ? `${path.map(String).join('.')}: ${message}` : message

const readDocument = (bytes: Uint8Array, storeId: string): { document: StockDocument } | { reasons: Reason[] } => {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { reasons: [reasonOf('MALFORMED', 'the body is not JSON')] }
  }
  const parsed = stockDocumentSchema.safeParse(content)
  if (!parsed.success) {
    const { issues } = parsed.error
    return { reasons: issues.slice(0, reasonsAtMost).map((issue) => reasonOf('INVALID', wordIssue(issue))) }
  }
  const { data: document } = parsed
  if (document.storeId === storeId) return { document }
  return { reasons: [reasonOf('WRONG_STORE', `the document names store ${document.storeId}, this agent is store ${storeId}`, 'storeId')] }
}
