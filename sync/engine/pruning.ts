/**
 * The copy ages with the journal: what the journal pruned leaves RxDB too, and so do records of former incarnations that the hub
 * has, once they are older than all that the journal keeps. In small batches with pauses, so that no sale waits long to be copied.
 * Never pruned: what is not acknowledged, and what the journal misses and may want back.
 */
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { Clock, JournalKeeper, JournalSource } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { prunedSeqOf } from './journal-reach.ts'
import { reasonOf, type EngineLog } from './log.ts'

const batchSize = 500
const pauseMs = 50
const firstSweepMs = 60_000
const sweepMs = 3_600_000

export interface PruningPorts {
  journal: JournalSource
  keeper: JournalKeeper | undefined
  store: Store
  clock: Clock
  log: EngineLog
  incarnation: Incarnation
  ackedSeq(): number
  onPruned(): void
}

export interface Pruning {
  start(): void
  close(): Promise<void>
}

export const createPruning = ({ journal, keeper, store, clock, log, incarnation, ackedSeq, onPruned }: PruningPorts): Pruning => {
  let closed = false
  let cancelTimer = (): void => undefined
  let sweeping: Promise<void> = Promise.resolve()

  const pause = (): Promise<void> => new Promise((resolve) => void (cancelTimer = afterOrNow(pauseMs, resolve)))
  /** Whoever closes does not wait for the timer. */
  const afterOrNow = (delayMs: number, callback: () => void): (() => void) => {
    const cancel = clock.after(delayMs, callback)
    return () => {
      cancel()
      callback()
    }
  }
  const pruneThrough = async (life: string, throughSeq: number): Promise<number> => {
    let pruned = 0
    for (let more = throughSeq > 0; more && !closed;) {
      // Verdicts first: after a crash between the two, the records still lead back here.
      const ids = await store.records.oldestIds(life, throughSeq, batchSize)
      await store.verdicts.prune(ids)
      await store.records.prune(ids)
      pruned += ids.length
      more = ids.length === batchSize
      if (more) await pause()
    }
    return pruned
  }
  /** The newest seq up to which all records of a former life are older than `horizon`, within the first batch. */
  const agedThrough = async (life: string, horizon: string): Promise<{ seq: number; more: boolean }> => {
    const docs = await store.records.oldest(life, batchSize)
    const younger = docs.findIndex((doc) => doc.record.capturedAt >= horizon)
    const aged = younger < 0 ? docs : docs.slice(0, younger)
    return { seq: aged.at(-1)?.record.seq ?? 0, more: aged.length === batchSize }
  }
  const pruneFormer = async (horizon: string): Promise<number> => {
    const wanted = new Set((await keeper?.missing())?.map((range) => range.incarnation as string))
    let pruned = 0
    for (const former of await store.records.otherIncarnations(incarnation)) {
      const acknowledged = (await store.positions.ackedSeq(former.incarnation)) >= former.headSeq
      for (let more = acknowledged && !wanted.has(former.incarnation); more && !closed;) {
        const aged = await agedThrough(former.incarnation, horizon)
        pruned += await pruneThrough(former.incarnation, aged.seq)
        more = aged.more
      }
    }
    return pruned
  }
  const sweep = async (): Promise<void> => {
    const prunedSeq = await prunedSeqOf(journal)
    const [oldestKept] = await journal.read(prunedSeq, 1)
    // A journal that is whole says nothing about how long records are kept.
    if (prunedSeq === 0 || !oldestKept) return
    const own = await pruneThrough(incarnation, Math.min(prunedSeq, ackedSeq()))
    const former = closed ? 0 : await pruneFormer(oldestKept.capturedAt)
    if (own + former === 0) return
    log('info', 'old records left the local database; the hub has them', { records: own, ofFormerIncarnations: former })
    onPruned()
  }
  const plan = (delayMs: number): void => {
    if (closed) return
    cancelTimer = clock.after(delayMs, () => {
      sweeping = sweep()
        .catch((error: unknown) => log('warn', 'old records could not be pruned; trying again later', { reason: reasonOf(error) }))
        .then(() => plan(sweepMs))
    })
  }
  const close = async (): Promise<void> => {
    closed = true
    cancelTimer()
    await sweeping
  }
  return { start: () => plan(firstSweepMs), close }
}
