/** What a welcomed session may ask, as a function: it parses the message before anything else [TRN8], and refuses rather than throws. */
import type { Logger } from 'pino'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import type { Peer } from './session.ts'
import type { WorkLimit } from './work-limit.ts'

export interface RequestContext {
  db: Database
  log: Logger
  metrics: HubMetrics
  /** What asks the database runs through it, in its turn. */
  limit: Pick<WorkLimit, 'run'>
  nowMs(): number
}

export type Request = (context: RequestContext, peer: Peer, message: unknown) => Promise<unknown>

/** By event name. */
export type Requests = Readonly<Record<string, Request>>
