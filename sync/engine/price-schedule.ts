/**
 * Publishes the PLU list: in full once at start, then exactly what changed, when a feed brought it and at the moment a price
 * begins or ends, with or without a hub. Nothing is published before the catalogue is whole: an empty list would empty the tills.
 * A publication that main did not take is made again; `published` only ever holds what main has.
 */
import {
  deltaPublication,
  fullPublication,
  itemsChangingBetween,
  nextChangeAfter,
  pluEntryAt,
  pluListAt,
  type PluList,
} from '#sync/core/plu.ts'
import type { CatalogueIndex } from '#sync/core/catalogue-index.ts'
import { toInstant, toMs } from '#sync/core/instant.ts'
import type { Clock, PluSink } from '#sync/core/ports.ts'
import { coalesce } from './coalesce.ts'
import { reasonOf, type EngineLog } from './log.ts'

/** Timers stand still while a computer sleeps, and clocks are corrected: look again at least this often. */
const longestWaitMs = 30_000

export interface PriceSchedule {
  /** The catalogue is whole: publishing may begin. */
  begin(): void
  touch(itemIds: readonly string[]): void
  close(): Promise<void>
}

export interface PriceScheduleOptions {
  catalogue: CatalogueIndex
  plu: PluSink
  clock: Clock
  log: EngineLog
  onPriceChange(): void
}

export const createPriceSchedule = ({ catalogue, plu, clock, log, onPriceChange }: PriceScheduleOptions): PriceSchedule => {
  let begun = false
  let published: PluList | null = null
  let evaluatedAtMs = clock.nowMs()
  let cancelTimer: (() => void) | null = null
  const touched = new Set<string>()

  const publishFull = async (atMs: number): Promise<void> => {
    touched.clear()
    const list = pluListAt(catalogue, toInstant(atMs))
    await plu.publish(fullPublication(list))
    published = list
  }
  const publishDelta = async (before: PluList, atMs: number): Promise<void> => {
    const ids = [...touched]
    touched.clear()
    const after = new Map(before)
    for (const id of ids) {
      const entry = pluEntryAt(catalogue, id, toInstant(atMs))
      if (entry) after.set(id, entry)
      else after.delete(id)
    }
    const delta = deltaPublication(before, after, ids)
    try {
      if (delta) await plu.publish(delta)
    } catch (error) {
      for (const id of ids) touched.add(id)
      throw error
    }
    published = after
  }
  const publish = async (): Promise<void> => {
    if (!begun) return
    const nowMs = clock.nowMs()
    const switching = itemsChangingBetween(catalogue, toInstant(evaluatedAtMs), toInstant(nowMs))
    for (const id of switching) touched.add(id)
    evaluatedAtMs = nowMs
    if (switching.length > 0) onPriceChange()
    await (published ? publishDelta(published, nowMs) : publishFull(nowMs))
    schedule()
  }
  const publishing = coalesce(clock, publish, (error) =>
    log('error', 'the PLU list could not be handed over; trying again', { reason: reasonOf(error) }),
  )
  const schedule = (): void => {
    cancelTimer?.()
    const next = nextChangeAfter(catalogue, toInstant(evaluatedAtMs))
    const delayMs = next === null ? longestWaitMs : Math.max(0, toMs(next) - clock.nowMs())
    cancelTimer = clock.after(Math.min(delayMs, longestWaitMs), () => void publishing.run())
  }
  return {
    begin: () => {
      if (begun) return
      begun = true
      void publishing.run()
    },
    touch: (itemIds) => {
      for (const id of itemIds) touched.add(id)
      if (begun && itemIds.length > 0) void publishing.run()
    },
    close: async () => {
      begun = false
      cancelTimer?.()
      await publishing.close()
      cancelTimer?.()
    },
  }
}
