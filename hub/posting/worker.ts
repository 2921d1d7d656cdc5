/**
 * Drains the ERP outbox. Any number of hub processes run it side by side: rows are leased, one holder per key, and a dead
 * holder's rows come back when the lease ends. No posting waits for another, except that all wait for an ERP that is away.
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import type { Clock } from '#sync/core/ports.ts'
import { createBell } from '../bell.ts'
import { systemClock } from '../system-clock.ts'
import { must } from '#sync/contract/assert.ts'
import { identifyPostings } from '../identity/identified-postings.ts'
import { type Attempted, attemptPostings } from './attempt.ts'
import { type Circuit, circuitAllows, type CircuitEvent, closedCircuit, turnCircuit } from './circuit.ts'
import type { ErpConnector } from './connector.ts'
import type { Log } from './log.ts'
import { type PostingPolicy, postingPolicy } from './policy.ts'
import { hasten, postingChannel, renewLeases, settle, takeDue, type TakenPosting } from './queue.ts'

export interface PostingWorkerOptions {
  db: Kysely<Tables>
  connector: ErpConnector
  log: Log
  concurrency?: number
  pollMs?: number
  /** How long a dead worker's rows stay taken. A living one renews every third of it, however long a call takes. */
  leaseMs?: number
  policy?: Partial<PostingPolicy>
  random?: () => number
  clock?: Clock
  /** LISTEN on a channel, where the hub has a listening connection; without it polling alone finds new rows. */
  listen?: (channel: string, onNotify: () => void) => { stop(): Promise<void> }
}

/** How long the ERP asked to be left alone; without such a wish, for ever. */
const pauseMs = (circuit: Circuit, nowMs: number): number => {
  const leftMs = circuit.state === 'closed' ? circuit.pausedUntilMs - nowMs : 0
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY
}

export const startPostingWorker = (options: PostingWorkerOptions): { stop(): Promise<void> } => {
  const { db, connector, log, concurrency = 4, leaseMs = 15_000, random = Math.random, clock = systemClock } = options
  const pollMs = options.pollMs ?? (options.listen ? 2_000 : 250)
  const policy = { ...postingPolicy, ...options.policy }
  // An ERP that takes batches takes one at a time: more would only wait inside it.
  const atOnce = connector.batch?.size ?? concurrency
  const bell = createBell(clock)
  const underWay = new Map<string, TakenPosting>()
  const jobs = new Set<Promise<void>>()
  const alarms = new Set<() => void>()
  let circuit: Circuit = closedCircuit
  let stopping = false

  const turn = (event: CircuitEvent): void => {
    const before = circuit.state
    circuit = turnCircuit(circuit, event, clock.nowMs(), random())
    if (circuit.state === before) return
    log.info({ connector: connector.name, circuit: circuit.state }, 'ERP circuit')
    if (circuit.state === 'closed')
      hasten(db, connector.name).then(bell.ring, (error: unknown) => log.warn({ error }, 'waiting postings were not hastened'))
  }

  /** A posting that is due later rings by itself: polling is only for what other processes left behind. */
  const wakeIn = (delayMs: number): void => {
    const cancel = clock.after(delayMs + 5, () => {
      alarms.delete(cancel)
      bell.ring()
    })
    alarms.add(cancel)
  }

  const finish = async (posting: TakenPosting, { next }: Attempted): Promise<void> => {
    const kept = await settle(db, posting, next)
    if ('delayMs' in next && !stopping) wakeIn(next.delayMs)
    const result = next.state === 'posted' ? { erpReference: next.erpReference } : { code: next.code, message: next.message }
    const words = { key: posting.key, state: next.state, attempts: posting.attempts, ...result }
    if (!kept) log.warn(words, 'posting lease lost; its next holder looks it up')
    else if (next.state === 'held') log.warn(words, 'posting held')
    else log.debug(words, 'posting')
  }

  const process = async (postings: readonly TakenPosting[]): Promise<void> => {
    const attempted = await attemptPostings(await identifyPostings(db, postings), { connector, policy, random })
    // A broken call counts once, however many postings were in it.
    const asked = attempted.flatMap(({ erp }) => erp ?? [])
    const [failed] = asked.filter((erp) => !erp.answered)
    if (asked.some((erp) => erp.answered)) turn({ event: 'answered' })
    else if (failed) turn({ event: 'failed', retryAfterMs: failed.retryAfterMs })
    for (const [index, posting] of postings.entries()) await finish(posting, must(attempted[index], 'an answer for each posting'))
  }

  const start = (postings: readonly TakenPosting[]): void => {
    for (const posting of postings) underWay.set(posting.key, posting)
    const job = process(postings)
      // The rows keep their lease and come back as abandoned, hence are looked up first.
      .catch((error: unknown) => log.error({ error }, 'posting result could not be written'))
      .finally(() => {
        for (const posting of postings) underWay.delete(posting.key)
        jobs.delete(job)
        bell.ring()
      })
    jobs.add(job)
  }

  const renew = async (): Promise<void> => {
    const renewed = await renewLeases(db, [...underWay.values()], leaseMs)
    for (const [key, lease] of renewed) {
      const posting = underWay.get(key)
      if (posting) posting.lease = lease
    }
  }

  const probe = async (): Promise<void> => {
    const { reachable } = await connector.ping()
    turn({ event: reachable ? 'ping-answered' : 'ping-failed' })
  }

  const round = async (): Promise<void> => {
    if (circuit.state === 'open') {
      if (clock.nowMs() >= circuit.retryAtMs) await probe()
      else await bell.wait(Math.min(circuit.retryAtMs - clock.nowMs(), pollMs))
      return
    }
    const free = circuitAllows(circuit, clock.nowMs(), atOnce) - underWay.size
    const taken = free > 0 ? await takeDue(db, connector.name, free, leaseMs) : []
    if (connector.batch && taken.length > 0) start(taken)
    else for (const posting of taken) start([posting])
    if (taken.length === 0 || taken.length === free) await bell.wait(Math.min(pollMs, pauseMs(circuit, clock.nowMs())))
  }

  const run = async (): Promise<void> => {
    while (!stopping) {
      await round().catch(async (error: unknown) => {
        log.error({ error }, 'posting round failed')
        await bell.wait(1_000)
      })
    }
    await Promise.all(jobs)
  }

  let cancelRenewal = (): void => undefined
  const renewAgain = (): void => {
    cancelRenewal = clock.after(Math.max(leaseMs / 3, 50), () => {
      void renew().catch((error: unknown) => log.warn({ error }, 'posting leases not renewed'))
      renewAgain()
    })
  }
  renewAgain()
  const listener = options.listen?.(postingChannel, bell.ring)
  const running = run()
  return {
    async stop() {
      stopping = true
      bell.ring()
      await running
      cancelRenewal()
      for (const cancel of alarms) cancel()
      await listener?.stop()
    },
  }
}
