/** The routes for tills. */
import type { WorkstationId } from '#sync/contract/vocabulary.ts'
import type { ItemLookup } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import type { HubProtocol } from '../hub-protocol.ts'
import type { PriceOverrides } from '../price-overrides.ts'
import type { StockDocuments } from '../stock-documents.ts'
import type { Answer } from './answers.ts'
import { readCallBody } from './call-body.ts'
import type { Health } from './http-contract.ts'
import { answerItem } from './item-answer.ts'
import { agentOpenApi } from './openapi.ts'
import { answerPriceOverride } from './price-override-answer.ts'
import type { Call, Route } from './routes.ts'
import { answerStockDocument } from './stock-document-answer.ts'
import { answerTransactions } from './transaction-answer.ts'

/** How complete the days are, and what a person must look at. */
export interface BookRoutes {
  exceptions(): Promise<Answer>
  /** `businessDay` as it stands in the address. */
  day(businessDay: string): Promise<Answer>
  /** `onlyFor`: the till that asks, where a till does. */
  closeDays(body: Uint8Array, onlyFor?: WorkstationId): Promise<Answer>
}

export interface TillRouteParts {
  capture: Capture
  items: ItemLookup
  health: () => Promise<Health>
  log: AgentLog
  books: BookRoutes
  maxBodyBytes: number
  stockDocuments: StockDocuments
  priceOverrides: PriceOverrides
  hubProtocol: HubProtocol
  timeZone: () => string
  lookupTimeoutMs?: number
}

export const tillRoutes = ({ items, health, books, lookupTimeoutMs = 2_000, ...parts }: TillRouteParts): Route[] => [
  { method: 'GET', path: '/v1/health', open: true, answer: async () => ({ status: 200, body: await health() }) },
  { method: 'GET', path: '/v1/openapi.json', open: true, answer: () => ({ status: 200, body: agentOpenApi() }) },
  { method: 'GET', path: '/v1/items/:barcode', answer: ({ segment }) => answerItem(items, segment('barcode'), lookupTimeoutMs) },
  { method: 'POST', path: '/v1/transactions', answer: answerTransactions(parts.capture, parts.maxBodyBytes, parts.log) },
  { method: 'POST', path: '/v1/day-closes', answer: (call) => answerDayCloses(books, call, parts.maxBodyBytes) },
  { method: 'POST', path: '/v1/stock-documents', onlyHere: true, answer: answerStockDocument(parts) },
  { method: 'POST', path: '/v1/price-overrides', onlyHere: true, answer: answerPriceOverride(parts) },
  { method: 'GET', path: '/v1/days/:businessDay', onlyHere: true, answer: ({ segment }) => books.day(segment('businessDay')) },
  { method: 'GET', path: '/v1/exceptions', onlyHere: true, answer: () => books.exceptions() },
]

const answerDayCloses = async (books: BookRoutes, call: Call, maxBodyBytes: number): Promise<Answer> => {
  const body = await readCallBody(call, maxBodyBytes)
  if (body.outcome === 'refused') return body.answer
  return books.closeDays(body.bytes, call.caller?.kind === 'till' ? call.caller.workstationId : undefined)
}
