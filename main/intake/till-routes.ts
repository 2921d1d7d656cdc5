/** The routes for tills. */
import type { ItemLookup } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import type { Health } from './http-contract.ts'
import { answerItem } from './item-answer.ts'
import { agentOpenApi } from './openapi.ts'
import type { Route } from './routes.ts'
import { answerTransactions } from './transaction-answer.ts'

export interface TillRouteParts {
  capture: Capture
  items: ItemLookup
  health: () => Promise<Health>
  log: AgentLog
  maxBodyBytes: number
  lookupTimeoutMs?: number
}

export const tillRoutes = ({ capture, items, health, log, maxBodyBytes, lookupTimeoutMs = 2_000 }: TillRouteParts): Route[] => [
  { method: 'GET', path: '/v1/health', open: true, answer: async () => ({ status: 200, body: await health() }) },
  { method: 'GET', path: '/v1/openapi.json', open: true, answer: () => ({ status: 200, body: agentOpenApi() }) },
  { method: 'GET', path: '/v1/items/:barcode', answer: ({ segment }) => answerItem(items, segment('barcode'), lookupTimeoutMs) },
  { method: 'POST', path: '/v1/transactions', answer: answerTransactions(capture, maxBodyBytes, log) },
]
