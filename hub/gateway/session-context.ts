/** What all sessions of one process share: the database and its queue, the doors that let stores in, and what time it is. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ask } from '#sync/contract/down.ts'
import type { DeviceId } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { type Admission, type AdmissionLimits, createAdmission } from './admission.ts'
import { createCreditDesk, type CreditDesk } from './credit-desk.ts'
import { type FloodLimits, usualFloodLimits } from './flood-meter.ts'
import type { RequestContext, Requests } from './request.ts'
import { createWorkLimit, type WorkLimit } from './work-limit.ts'

export interface SessionContext extends Omit<RequestContext, 'limit'> {
  work: WorkLimit
  credits: CreditDesk
  admission: Admission
  floodLimits: FloodLimits
  moreRequests: Requests
  /** What the hub wanted of a device while it was away. */
  waitingAsks: (db: Database, deviceId: DeviceId) => Promise<readonly Ask[]>
  /** Told to stores as the hub's time. */
  nowMs(): number
  /** Milliseconds that only go forward. */
  steadyMs(): number
  pause(ms: number): Promise<unknown>
  newNonce(): string
}

export interface SessionContextOptions {
  db: Database
  log: Logger
  metrics: HubMetrics
  /** What other parts of the hub answer, by event name. */
  moreRequests?: Requests | undefined
  waitingAsks?: SessionContext['waitingAsks'] | undefined
  /** Requests at the database at once, over all stores. */
  workAtOnce?: number | undefined
  admissionLimits?: AdmissionLimits | undefined
  floodLimits?: FloodLimits | undefined
  clock?: Pick<SessionContext, 'nowMs' | 'steadyMs' | 'pause'> | undefined
  newNonce?: (() => string) | undefined
}

/**
 * A hello costs five short statements, two of which commit. Waiting here costs little; being sent away costs both sides a connection,
 * so that a slow hub lets many wait, but none so long that its agent gives up.
 */
export const usualAdmission: AdmissionLimits = { perSecond: 250, burst: 100, atOnce: 512 }

const hostClock = { nowMs: Date.now, steadyMs: () => performance.now(), pause: (ms: number) => delay(ms, undefined, { ref: false }) }

export const createSessionContext = (options: SessionContextOptions): SessionContext => {
  const { db, log, metrics, moreRequests = {}, waitingAsks = async () => [], workAtOnce = 8 } = options
  const work = createWorkLimit({
    atOnce: workAtOnce,
    onEased: () => {
      metrics.waitingWork.set(work.waiting())
      credits.eased()
    },
  })
  const credits = createCreditDesk(work.waiting, workAtOnce)
  return {
    ...{ db, log, metrics, moreRequests, waitingAsks, work, credits },
    admission: createAdmission(options.admissionLimits ?? usualAdmission),
    floodLimits: options.floodLimits ?? usualFloodLimits,
    newNonce: options.newNonce ?? (() => randomBytes(24).toString('base64url')),
    ...(options.clock ?? hostClock),
  }
}
