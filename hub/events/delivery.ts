/**
 * Delivers to every subscriber, each in a loop of its own [AVL23]: none waits for another. What is sent next is read anew for each attempt:
 * of a key that changed again meanwhile, the newest event alone is left.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { type Bell, createBell } from '../bell.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure } from '../storage/failure.ts'
import { systemClock } from '../system-clock.ts'
import { eventOfRow } from './event.ts'
import { type Held, letGo, readHeld, readNext, settleDelivered, settleFailed, takeHold } from './held-subscription.ts'
import { retryPolicy, type RetryPolicy, type Standing, standingAfter } from './standing.ts'
import type { Transport } from './transport.ts'

export interface DeliveryOptions {
  db: Database
  log: Logger
  /** By the subscription's kind; of other kinds another process may know. */
  transports: Readonly<Record<string, Transport>>
  eventsAtOnce?: number
  pollMs?: number
  policy?: RetryPolicy
  random?: () => number
  clock?: Clock
}

export interface Delivery {
  /** There are new events. */
  ring(): void
  /** Subscriptions changed. */
  ringAll(): void
  stop(): Promise<void>
}

const standingOf = ({ row }: Held): Standing => ({
  state: row.state === 'down' || row.state === 'gone' ? row.state : 'active',
  failures: row.failures,
  failingSinceMs: row.failing_since?.getTime() ?? null,
})

type Round = 'more' | 'nothing' | { pauseMs: number }

export const startDelivery = (options: DeliveryOptions): Delivery => {
  const {
    db,
    log,
    transports,
    eventsAtOnce = 500,
    pollMs = 1_000,
    policy = retryPolicy,
    random = Math.random,
    clock = systemClock,
  } = options
  const holder = randomUUID()
  const loops = new Map<string, { bell: Bell; ended: Promise<void> }>()
  const bell = createBell(clock)
  let stopping = false

  const attempt = async (held: Held, transport: Transport): Promise<Round> => {
    const { events, through } = await readNext(db, held, eventsAtOnce)
    if (events.length === 0) {
      if (through > held.row.sequence) await settleDelivered(db, held, through, false)
      return 'nothing'
    }
    const sent = await transport.send(held.row, events.map(eventOfRow), held.atMs)
    if (sent.outcome === 'delivered') {
      await settleDelivered(db, held, through, true)
      return 'more'
    }
    const { standing, delayMs } = standingAfter(standingOf(held), sent, held.atMs, random(), policy)
    log.warn(
      { subscription: held.row.subscription_id, failures: standing.failures, state: standing.state, reason: sent.message },
      'availability events were not taken',
    )
    await settleFailed(db, held, standing, delayMs, sent)
    return { pauseMs: delayMs }
  }

  const takeRound = async (subscriptionId: string, transport: Transport): Promise<Round> => {
    const held = (await readHeld(db, subscriptionId, holder)) ?? (await takeHold(db, subscriptionId, holder))
    return held === null ? { pauseMs: pollMs } : attempt(held, transport)
  }

  const keepDelivering = async (subscriptionId: string, transport: Transport, own: Bell): Promise<void> => {
    let idleUntilMs = 0
    while (!stopping && loops.has(subscriptionId)) {
      const leftMs = idleUntilMs - clock.nowMs()
      // New events ring for whoever pauses, too: it goes on pausing.
      if (leftMs > 0) {
        await own.wait(leftMs)
        continue
      }
      const round = await takeRound(subscriptionId, transport).catch((error: unknown): Round => {
        log[databaseFailure(error) === 'fault' ? 'error' : 'warn'](
          { err: error, subscription: subscriptionId },
          'a delivery waits for the database',
        )
        return { pauseMs: pollMs }
      })
      if (round === 'nothing') await own.wait(pollMs)
      else if (round !== 'more') idleUntilMs = clock.nowMs() + Math.min(pollMs, round.pauseMs)
    }
  }

  const follow = async (): Promise<void> => {
    const rows = await db.selectFrom('subscription').select(['subscription_id', 'kind']).execute()
    const present = new Set(rows.map((row) => row.subscription_id))
    for (const [id, loop] of loops) if (!present.has(id) && loops.delete(id)) loop.bell.ring()
    for (const { subscription_id, kind } of rows) {
      const transport = transports[kind]
      if (transport === undefined || loops.has(subscription_id)) continue
      const own = createBell(clock)
      const entry = { bell: own, ended: Promise.resolve() }
      loops.set(subscription_id, entry)
      entry.ended = keepDelivering(subscription_id, transport, own)
    }
  }

  const ringLoops = (): void => {
    for (const loop of loops.values()) loop.bell.ring()
  }
  const keepFollowing = async (): Promise<void> => {
    while (!stopping) {
      await follow().catch((error: unknown) => log.warn({ err: error }, 'subscriptions could not be read'))
      if (!stopping) await bell.wait(pollMs)
    }
    ringLoops()
    await Promise.all([...loops.values()].map(({ ended }) => ended))
  }
  const following = keepFollowing()
  return {
    ring: ringLoops,
    ringAll: () => {
      bell.ring()
      ringLoops()
    },
    stop: async () => {
      stopping = true
      bell.ring()
      ringLoops()
      await following
      await letGo(db, holder).catch(() => undefined)
      for (const transport of Object.values(transports)) await transport.close()
    },
  }
}
