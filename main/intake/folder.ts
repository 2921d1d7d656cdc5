/**
 * The watched folder. The folder's listing is the truth; file events only say when to look.
 *
 *   growing → still for settleMs → read ─ ends properly ─▶ records durable ─▶ done/ or rejected/
 *                                    └ ends too early ─▶ still for giveUpMs ─▶ what is whole is taken, the rest quarantined
 *
 * A file moves only after its records are durable; taken twice after a crash, it is duplicates. A small one is read whole before anything
 * of it is taken; a large one is taken as it is read (large-file.ts).
 */
import { lstat, mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { watch } from 'chokidar'
import { reasonOf } from '#sync/capture/captured-item.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import { endsWhole } from '#sync/capture/dialects.ts'
import type { Capture } from '../capture.ts'
import type { CaptureStateHolder } from '../capture-state.ts'
import { CannotWrite } from '../journal/journal.ts'
import type { FileProgressFolder } from './file-progress.ts'
import { emptyTally, type FileTally, tallyResults } from './file-tally.ts'
import { doneDir, isForUs, moveToDone, moveToRejected, rejectedDir } from './folder-files.ts'
import { reportOf } from './folder-report.ts'
import { takeLargeFile } from './large-file.ts'

export interface FolderIntakeOptions {
  dir: string
  settleMs: number
  maxFileBytes: number
  capture: Capture
  progress: FileProgressFolder
  /** Where the journal stands. */
  journalSeq: () => Promise<number>
  state: CaptureStateHolder
  /** What must be on the disk before a file leaves, or is not read again up to where it was taken. */
  beforeLeaving: () => Promise<void>
  clock: Clock
  log: AgentLog
  /** Files stay where they are meanwhile. */
  isPaused?: () => boolean
  /** How long a file that ends too early must be still before it counts as finished. */
  giveUpMs?: number
  /** The folder is looked at this often even when no event came: network shares send none. */
  sweepEveryMs?: number
  /** A file over this size is read as a stream. */
  smallFileBytes?: number
}

export interface FolderIntake {
  /** Looks now; resolves when what was due has been taken. */
  sweep(): Promise<void>
  close(): Promise<void>
}

interface Seen {
  size: number
  mtimeMs: number
  stillSinceMs: number
  /** Do not try before. */
  notBeforeMs: number
  /** How often it could not be taken or moved, in a row. */
  failures: number
}

const warningsLogged = 10
const retryMs = 2_000
/** What goes on failing, as a folder that takes no files, is not read again every moment. */
const longestRetryMs = 60_000
/** Of a file that is not taken at all. */
const keptHeadBytes = 64_000

export const startFolderIntake = async (options: FolderIntakeOptions): Promise<FolderIntake> => {
  const { dir, settleMs, capture, clock, log, state, maxFileBytes, sweepEveryMs = 10_000, smallFileBytes = 2_000_000 } = options
  const giveUpMs = options.giveUpMs ?? Math.max(settleMs * 10, 5_000)
  const seen = new Map<string, Seen>()
  /** Names that no path reaches: their bytes are not UTF-8. */
  const unreachable = new Set<string>()
  let closed = false
  let running: Promise<void> | null = null
  let again = false
  let cancelTimer = (): void => undefined

  /** Somebody may delete them, or the share may come back empty, at any time. */
  const makeFolders = async (): Promise<void> => {
    for (const needed of [dir, doneDir(dir), rejectedDir(dir)]) await mkdir(needed, { recursive: true })
  }
  await makeFolders()

  const tellUnreachable = (name: string): void => {
    if (unreachable.has(name)) return
    unreachable.add(name)
    log.error(`file ${name} cannot be taken: its name is not valid UTF-8; rename it`)
  }

  /** Null while the file is missing, not a plain file, or not still for long enough. */
  const dueFile = async (name: string): Promise<Seen | null> => {
    const stat = await lstat(join(dir, name)).catch(() => null)
    if (!stat && name.includes('\ufffd')) tellUnreachable(name)
    if (!stat?.isFile()) {
      seen.delete(name)
      return null
    }
    const nowMs = clock.nowMs()
    const known = seen.get(name)
    if (known?.size !== stat.size || known.mtimeMs !== stat.mtimeMs) {
      seen.set(name, { size: stat.size, mtimeMs: stat.mtimeMs, stillSinceMs: nowMs, notBeforeMs: nowMs + settleMs, failures: 0 })
      return null
    }
    return nowMs >= known.notBeforeMs ? known : null
  }

  const finish = async (name: string, known: Seen, tally: FileTally): Promise<void> => {
    await options.beforeLeaving()
    const report = reportOf(name, tally)
    seen.delete(name)
    const moved = report.problems.length === 0 ? await moveToDone(dir, name, known) : await moveToRejected(dir, name, known, report)
    await options.progress.forget(name)
    if (moved === 'replaced') return log.warn(`file ${name} was replaced by another one while it was taken; the new one is taken next`)
    const write = report.problems.length + report.warnings.length === 0 ? log.info : log.warn
    write.call(log, `file ${name}: ${report.summary}`)
    for (const { where, message } of report.warnings.slice(0, warningsLogged)) log.warn(`file ${name}: ${where}: ${message}`)
  }

  const waitForMore = (known: Seen): void => {
    known.notBeforeMs = Math.max(known.stillSinceMs + giveUpMs, clock.nowMs() + settleMs)
  }
  const isFinal = (known: Seen): boolean => clock.nowMs() - known.stillSinceMs >= giveUpMs

  const refuseFile = async (name: string, known: Seen): Promise<void> => {
    const reason = reasonOf(
      'TOO_LARGE',
      `the file has ${known.size} bytes and is over ${maxFileBytes}; all of it is in the folder "rejected"`,
    )
    const input = { bytes: await readHead(join(dir, name)), fileName: name, source: `file ${name}` }
    const tally = emptyTally()
    tallyResults(tally, [], [await capture.refuse(input, reason)])
    await finish(name, known, tally)
  }

  const takeSmall = async (name: string, known: Seen): Promise<void> => {
    const bytes = await readFile(join(dir, name))
    const after = await lstat(join(dir, name))
    if (bytes.length !== known.size || after.size !== known.size || after.mtimeMs !== known.mtimeMs) return
    const input = { bytes, fileName: name, source: `file ${name}`, tap: 'folder' }
    const items = await capture.read(input)
    if (!isFinal(known) && !endsWhole(items)) return waitForMore(known)
    const tally = emptyTally()
    tallyResults(tally, items, await capture.takeItems(items, input))
    await finish(name, known, tally)
  }

  const takeLarge = async (name: string, known: Seen): Promise<void> => {
    log.info(`file ${name}: ${known.size} bytes are being read`)
    const file = { path: join(dir, name), name, sizeBytes: known.size, mtimeMs: known.mtimeMs, isFinal: isFinal(known) }
    const tell = (read: { readBytes: number; taken: number }): void => state.set({ files: [{ name, totalBytes: known.size, ...read }] })
    try {
      const taken = await takeLargeFile(file, { ...options, tell }, () => closed)
      if (taken.outcome === 'taken') await finish(name, known, taken.tally)
      else waitForMore(known)
    } finally {
      state.set({ files: [] })
    }
  }

  const takeFile = (name: string, known: Seen): Promise<void> => {
    if (known.size > maxFileBytes) return refuseFile(name, known)
    return known.size > smallFileBytes ? takeLarge(name, known) : takeSmall(name, known)
  }

  const tryFile = async (name: string, known: Seen): Promise<void> => {
    try {
      await takeFile(name, known)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      log.error(
        error instanceof CannotWrite ? `file ${name} waits: the journal cannot be written: ${message}` : `file ${name} waits: ${message}`,
      )
      const pauseMs = Math.min(retryMs * 2 ** known.failures, longestRetryMs)
      seen.set(name, { ...known, notBeforeMs: clock.nowMs() + pauseMs, failures: known.failures + 1 })
    }
  }

  const sweepOnce = async (): Promise<void> => {
    if (options.isPaused?.()) return
    await makeFolders()
    const names = (await readdir(dir)).filter(isForUs).sort()
    const there = new Set(names)
    for (const name of seen.keys()) if (!there.has(name)) seen.delete(name)
    for (const name of names) {
      if (closed) return
      const due = await dueFile(name)
      if (due) await tryFile(name, due)
    }
  }

  const sweepUntilQuiet = async (): Promise<void> => {
    do {
      again = false
      await sweepOnce().catch((error: unknown) => {
        seen.clear()
        log.error(`the watched folder cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      })
    } while (again && !closed)
    running = null
    schedule()
  }

  const sweep = (): Promise<void> => {
    if (closed) return Promise.resolve()
    again = running !== null
    running ??= sweepUntilQuiet()
    return running
  }

  const schedule = (): void => {
    cancelTimer()
    if (closed) return
    const nowMs = clock.nowMs()
    const next = Math.min(nowMs + sweepEveryMs, ...[...seen.values()].map((s) => s.notBeforeMs))
    cancelTimer = clock.after(Math.max(next - nowMs, 10), () => void sweep())
  }

  const watcher = watch(dir, { depth: 0, ignoreInitial: true, ignored: (path) => path === doneDir(dir) || path === rejectedDir(dir) })
  watcher.on('all', () => void sweep())
  // What came between the first look and the first event.
  watcher.on('ready', () => void sweep())
  watcher.on('error', (error) => log.warn(`the watched folder sends no events: ${error instanceof Error ? error.message : String(error)}`))
  void sweep()

  return {
    sweep,
    close: async () => {
      closed = true
      cancelTimer()
      await watcher.close()
      await running
    },
  }
}

const readHead = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(keptHeadBytes), 0, keptHeadBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
