/**
 * Drains the ERP outbox. Any number of hub processes run it side by side: rows are leased, one holder per key, and a dead
 * holder's rows come back when the lease ends. No posting waits for another, except that all wait for an ERP that is away.
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { must } from '#sync/contract/assert.ts'
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
  /** LISTEN on a channel, where the hub has a listening connection; without it polling alone finds new rows. */
  listen?: (channel: string, onNotify: () => void) => { stop(): Promise<void> }
}

/** A pause that a wake-up, a finished posting or stop() cuts short; a ring between two pauses is not lost. */
const createBell = () => {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring: (): void => {
      rung = true
      wake?.()
    },
    async wait(ms: number): Promise<void> {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rung = false
      wake = null
    },
  }
}

/** How long the ERP asked to be left alone; without such a wish, for ever. */
const pauseMs = (circuit: Circuit): number => {
  const leftMs = circuit.state === 'closed' ? circuit.pausedUntilMs - Date.now() : 0
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY
}

export const startPostingWorker = (options: PostingWorkerOptions): { stop(): Promise<void> } => {
  const { db, connector, log, concurrency = 4, leaseMs = 15_000, random = Math.random } = options
  const pollMs = options.pollMs ?? (options.listen ? 2_000 : 250)
  const policy = { ...postingPolicy, ...options.policy }
  // An ERP that takes batches takes one at a time: more would only wait inside it.
  const atOnce = connector.batch?.size ?? concurrency
  const bell = createBell()
  const underWay = new Map<string, TakenPosting>()
  const jobs = new Set<Promise<void>>()
  const alarms = new Set<NodeJS.Timeout>()
  let circuit: Circuit = closedCircuit
  let stopping = false

  const turn = (event: CircuitEvent): void => {
    const before = circuit.state
    circuit = turnCircuit(circuit, event, Date.now(), random())
    if (circuit.state === before) return
    log.info({ connector: connector.name, circuit: circuit.state }, 'ERP circuit')
    if (circuit.state === 'closed')
      hasten(db, connector.name).then(bell.ring, (error: unknown) => log.warn({ error }, 'waiting postings were not hastened'))
  }

  /** A posting that is due later rings by itself: polling is only for what other processes left behind. */
  const wakeIn = (delayMs: number): void => {
    const alarm = setTimeout(() => {
      alarms.delete(alarm)
      bell.ring()
    }, delayMs + 5)
    alarms.add(alarm)
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
    const attempted = await attemptPostings(postings, { connector, policy, random })
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
      if (Date.now() >= circuit.retryAtMs) await probe()
      else await bell.wait(Math.min(circuit.retryAtMs - Date.now(), pollMs))
      return
    }
    const free = circuitAllows(circuit, Date.now(), atOnce) - underWay.size
    const taken = free > 0 ? await takeDue(db, connector.name, free, leaseMs) : []
    if (connector.batch && taken.length > 0) start(taken)
    else for (const posting of taken) start([posting])
    if (taken.length === 0 || taken.length === free) await bell.wait(Math.min(pollMs, pauseMs(circuit)))
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

  const renewing = setInterval(
    () => void renew().catch((error: unknown) => log.warn({ error }, 'posting leases not renewed')),
    Math.max(leaseMs / 3, 50),
  )
  const listener = options.listen?.(postingChannel, bell.ring)
  const running = run()
  return {
    async stop() {
      stopping = true
      bell.ring()
      await running
      clearInterval(renewing)
      for (const alarm of alarms) clearTimeout(alarm)
      await listener?.stop()
    },
  }
}
