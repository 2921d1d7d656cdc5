/**
 * Carries out what the outbox decides: reads records from RxDB, sends batches, stores verdicts and then the watermark. Storing is
 * one queue in order; what waits is stored together. After a failed write nothing queued behind it is stored.
 */
import type { Credit } from '#sync/contract/up.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import { openOutbox, stepOutbox, type OutboxEffect, type OutboxEvent } from '#sync/core/outbox.ts'
import type { Clock, Codec } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { createBatchSender } from './batch-sender.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

export interface OutboxRunnerPorts {
  store: Store
  incarnation: string
  ackedSeq: number
  /** The hub's epoch that `ackedSeq` was acknowledged in. */
  epoch?: HubEpoch
  headSeq: number
  line: Pick<HubLine, 'request' | 'speaks' | 'isCurrent' | 'lose' | 'distrust' | 'refuse'>
  codec: Codec
  clock: Pick<Clock, 'after'>
  log: EngineLog
  /** How many records a batch may have just now; without it as many as the protocol allows. */
  recordsPerBatch?(): number
  onPersisted(ackedSeq: number): void
}

export interface OutboxRunner {
  dispatch(event: OutboxEvent): void
  ackedSeq(): number
  /** What the hub is told that we remember of it; null before it named an epoch. */
  remembers(): { epoch: HubEpoch; ackedSeq: number } | null
  credited(connection: number, credit: Credit): void
  close(): Promise<void>
}

type Persist = Extract<OutboxEffect, { kind: 'persist' }>

const together = (queue: readonly [Persist, ...Persist[]]): { last: Persist; verdicts: Verdict[] } => ({
  last: queue.at(-1) ?? queue[0],
  verdicts: queue.flatMap((p) => p.verdicts),
})

export const createOutboxRunner = ({ store, incarnation, line, log, codec, clock, ...ports }: OutboxRunnerPorts): OutboxRunner => {
  let state = openOutbox(ports.ackedSeq, ports.headSeq, ports.epoch ?? null)
  const sender = createBatchSender({ line, codec, log })
  let cancelWait = (): void => undefined
  let queue: Persist[] = []
  let persisting: Promise<void> | null = null
  let closed = false

  const dispatch = (event: OutboxEvent): void => {
    if (closed) return
    const batchRecords = Math.min(batchLimits.maxRecords, ports.recordsPerBatch?.() ?? Infinity)
    const next = stepOutbox({ ...state, batchRecords }, event)
    state = next.state
    for (const effect of next.effects) perform(effect)
  }
  const perform = (effect: OutboxEffect): void => {
    switch (effect.kind) {
      case 'read':
        return void read(effect)
      case 'send':
        return void send(effect)
      case 'persist':
        queue.push(effect)
        persisting ??= persistAll()
        return
      case 'reset':
        log('warn', 'outbox starts over', { reason: effect.reason })
        return effect.fault === 'hub' ? line.distrust(effect.reason) : line.lose(effect.reason)
      case 'wait':
        cancelWait()
        cancelWait = clock.after(effect.afterMs, () => dispatch({ kind: 'waited', connection: effect.connection, grant: effect.grant }))
        return
      case 'refuse':
        return line.refuse(effect.code, effect.message, effect.retryAfterMs)
    }
  }
  const read = async ({ connection, fromSeq, limit }: Extract<OutboxEffect, { kind: 'read' }>): Promise<void> => {
    try {
      const docs = await store.records.range(incarnation, fromSeq, limit)
      dispatch({ kind: 'read', connection, fromSeq, records: docs.map((d) => d.record) })
    } catch (error) {
      if (closed) return
      log('error', 'records could not be read', { reason: reasonOf(error) })
      dispatch({ kind: 'read', connection, fromSeq, records: [] })
    }
  }
  const send = async ({ connection, batch, records }: Extract<OutboxEffect, { kind: 'send' }>): Promise<void> => {
    try {
      const answer = await sender.send(connection, records)
      dispatch({ kind: 'answered', connection, batch, answer })
    } catch {
      // The line is down and says so itself; the next welcome tells what arrived.
    }
  }
  const persistAll = async (): Promise<void> => {
    for (let [first, ...more] = queue; first; [first, ...more] = queue) {
      const { last, verdicts } = together([first, ...more])
      const { ackedSeq, epoch } = last
      queue = []
      try {
        await store.verdicts.put(incarnation, verdicts)
        await store.positions.putWatermark(incarnation, ackedSeq, epoch)
        dispatch({ kind: 'persisted', ackedSeq, ...(epoch === undefined ? {} : { epoch }) })
        ports.onPersisted(ackedSeq)
      } catch (error) {
        queue = []
        if (!closed) log('error', 'an acknowledgement could not be stored', { reason: reasonOf(error) })
        dispatch({ kind: 'persist-failed' })
      }
    }
    // In the same turn as the check above, or what is queued in between would wait for ever.
    persisting = null
  }
  const close = async (): Promise<void> => {
    closed = true
    cancelWait()
    queue = []
    await persisting
  }
  return {
    dispatch,
    ackedSeq: () => state.ackedSeq,
    remembers: () => (state.epoch === null ? null : { epoch: state.epoch, ackedSeq: state.confirmedSeq }),
    credited: (connection, credit) => dispatch({ kind: 'credit', connection, credit }),
    close,
  }
}
