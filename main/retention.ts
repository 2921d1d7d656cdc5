/**
 * What stays how long: the journal's acknowledged segments and the watched folder's `done/`, looked at once an hour, and at once when
 * the disk is full. Quarantine and `rejected/` wait for a person and are never taken away.
 */
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentConfig } from '#sync/contract/config.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from './agent-log.ts'
import type { Journal } from './journal/journal.ts'

export interface RetentionOptions {
  journal: Pick<Journal, 'prune'>
  retention: AgentConfig['retention']
  /** The watched folder's `done/`. */
  doneDir: string | undefined
  clock: Clock
  log: AgentLog
  isTight: () => boolean
  firstMs?: number
  everyMs?: number
}

export interface Retention {
  run(): Promise<void>
  close(): Promise<void>
}

const dayMs = 86_400_000
/** The hub's word may come while the disk is full. */
const tightMs = 60_000

export const startRetention = (options: RetentionOptions): Retention => {
  const { journal, retention, doneDir, clock, log, isTight, firstMs = 300_000, everyMs = 3_600_000 } = options
  let closed = false
  let cancelTimer = (): void => undefined
  let running: Promise<void> | null = null

  const pruneJournal = async (): Promise<void> => {
    const today = new Date(clock.nowMs()).toISOString().slice(0, 10)
    const { segments, formerLives, bytes } = await journal.prune({ ...retention, today, isUrgent: isTight() })
    if (segments + formerLives === 0) return
    log.info('Old records that the hub has were taken off this disk.', { segments, formerLives, bytes })
  }
  const pruneDone = async (): Promise<void> => {
    const removed = doneDir === undefined ? 0 : await removeOld(doneDir, clock.nowMs() - retention.days * dayMs)
    if (removed > 0) log.info('Files that were taken long ago were removed from the done folder.', { removed })
  }
  const runAll = async (): Promise<void> => {
    for (const step of [pruneJournal, pruneDone])
      await step().catch((fault: unknown) => log.warn(`Pruning failed: ${fault instanceof Error ? fault.message : String(fault)}`))
    running = null
    plan(isTight() ? Math.min(everyMs, tightMs) : everyMs)
  }
  const run = (): Promise<void> => {
    if (closed) return Promise.resolve()
    cancelTimer()
    running ??= runAll()
    return running
  }
  const plan = (delayMs: number): void => {
    if (!closed) cancelTimer = clock.after(delayMs, () => void run())
  }
  plan(firstMs)
  return {
    run,
    close: async () => {
      closed = true
      cancelTimer()
      await running
    },
  }
}

/** Plain files that were last written before; how many there were. Their records are in the journal. */
const removeOld = async (dir: string, beforeMs: number): Promise<number> => {
  let removed = 0
  for (const name of await readdir(dir).catch(() => [])) {
    const path = join(dir, name)
    const stat = await lstat(path).catch(() => null)
    if (!stat?.isFile() || Math.max(stat.mtimeMs, stat.ctimeMs) >= beforeMs) continue
    await rm(path, { force: true })
    removed += 1
  }
  return removed
}
