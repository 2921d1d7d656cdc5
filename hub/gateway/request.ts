/** What a welcomed session may ask, as a function: it parses the message before anything else [TRN8], and refuses rather than throws. */
import type { Logger } from 'pino'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import type { Peer } from './session.ts'

export interface RequestContext {
  db: Database
  log: Logger
  metrics: HubMetrics
  /** What asks the database runs through it, in its turn among all stores. */
  limit: { run<T>(work: () => Promise<T>): Promise<T> }
  nowMs(): number
  /** The session's batch before this one: what need not wait for it is done meanwhile. */
  before?: Promise<unknown>
}

export type Request = (context: RequestContext, peer: Peer, message: unknown) => Promise<unknown>

/** By event name. */
export type Requests = Readonly<Record<string, Request>>
