/**
 * One POS database, asked again and again for what is beyond the watermark.
 *
 *   watermark − overlap → page → records durable → watermark
 *
 * Rows become visible in the order of their commits and not of their numbers: the last `overlap` numbers are read again each time, and
 * what was taken of them is left out. A row that is not understood is quarantined and holds up nothing. A lost connection is told once
 * and tried again after growing, random pauses.
 */
import type { DatabaseSource } from '#sync/contract/config.ts'
import { fullJitterMs } from '#sync/core/backoff.ts'
import type { Clock, Random } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture, TakeResult } from '../capture.ts'
import { CannotWrite } from '../journal/journal.ts'
import { sha256 } from '../journal/sha256.ts'
import { type NumberedRow, readPage } from './page.ts'
import { type ReadRowsOf, rowText, strayItem, tapOf } from './row-items.ts'
import type { OpenRowQuery, RowQuery, SourceRow } from './rows.ts'
import type { WatermarkFile } from './watermark-file.ts'

export interface DatabaseSourceOptions {
  source: DatabaseSource
  capture: Capture
  readRows: ReadRowsOf
  open: OpenRowQuery
  watermark: WatermarkFile
  /** What must be on the disk before the watermark moves. */
  beforeWatermark: () => Promise<void>
  clock: Clock
  random: Random
  log: AgentLog
}

export interface DatabasePolling {
  /** Asks now; resolves when what was there has been taken, or the source could not be read. */
  poll(): Promise<void>
  close(): Promise<void>
}

const backoff = { baseMs: 1_000, capMs: 60_000 }
const maxPageRows = 100_000

export const startDatabaseSource = (options: DatabaseSourceOptions): DatabasePolling => {
  const { source, capture, readRows, clock, log } = options
  let watermark = options.watermark.read()
  /** Of what is read again: what it was when it was taken. */
  const taken = new Map<bigint, string>()
  /** Rows without a number come with every answer. */
  const setAside = new Set<string>()
  let query: RowQuery | null = null
  let closed = false
  let failures = 0
  let told = ''
  let running: Promise<void> | null = null
  let cancel = (): void => undefined

  const overlapStart = (): bigint => {
    const start = watermark - BigInt(source.overlap)
    return start < -1n ? -1n : start
  }

  const takeRows = async (rows: readonly NumberedRow[], isLast: boolean, takenUpTo: bigint | null): Promise<bigint | undefined> => {
    const { groups, heldFrom } = await readRows(rows, isLast, takenUpTo)
    const settled = await Promise.allSettled(groups.map(({ items, origin }) => capture.takeItems(items, origin)))
    const results = settled.flatMap((one): TakeResult[] => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
    const quarantined = results.filter((result) => result.outcome === 'quarantined').length
    if (quarantined > 0) log.warn(`database ${source.name}: ${quarantined} rows were not understood and are set aside`)
    return heldFrom
  }

  const takeStrays = async (rows: readonly SourceRow[]): Promise<void> => {
    const fresh = rows.filter((row) => !setAside.has(sha256(rowText(row))))
    if (fresh.length === 0) return
    const items = fresh.map((row) => strayItem(source.watermark, row))
    await capture.takeItems(items, { source: `database ${source.name}`, tap: tapOf(source.name) })
    if (setAside.size > maxPageRows) setAside.clear()
    for (const row of fresh) setAside.add(sha256(rowText(row)))
    log.warn(`database ${source.name}: ${fresh.length} rows have no number in "${source.watermark}" and are set aside`)
  }

  /** A transaction may go on over several rows: with a mapping, a page that has anything new is read as a whole. */
  const newRows = (rows: readonly NumberedRow[]): readonly NumberedRow[] => {
    const digests = digestsOf(rows)
    const fresh = rows.filter(({ number }) => taken.get(number) !== digests.get(number))
    return source.mapping !== undefined && fresh.length > 0 ? rows : fresh
  }

  const remember = (rows: readonly NumberedRow[]): void => {
    for (const [number, digest] of digestsOf(rows)) taken.set(number, digest)
    const last = rows.at(-1)
    if (last && last.number > watermark) watermark = last.number
    const oldest = overlapStart()
    for (const number of taken.keys()) if (number <= oldest) taken.delete(number)
  }

  const keepWatermark = async (rows: readonly NumberedRow[]): Promise<void> => {
    const before = watermark
    remember(rows)
    if (watermark === before) return
    await options.beforeWatermark()
    options.watermark.write(watermark)
  }

  /** Only the first page may begin in the middle of a transaction. The next one begins after what it returns; null: that was the last. */
  const takePage = async (open: RowQuery, after: bigint, limit: number, isFirst: boolean): Promise<bigint | null> => {
    const page = readPage(await open.rows(after, limit), source.watermark, after, limit)
    if (page.outcome === 'fault') throw new Error(page.message)
    const larger = (): Promise<bigint | null> => {
      if (limit >= maxPageRows) throw new Error(`over ${maxPageRows} rows belong together`)
      return takePage(open, after, limit * 2, isFirst)
    }
    if (page.outcome === 'crowded') return larger()
    const fresh = newRows(page.rows)
    const takenUpTo = isFirst && after >= 0n && after < watermark ? watermark : null
    const heldFrom = fresh.length === 0 ? undefined : await takeRows(fresh, page.isLast, takenUpTo)
    let durable = heldFrom === undefined ? page.rows : page.rows.filter(({ number }) => number < heldFrom)
    if (durable.length === 0 && heldFrom !== undefined) {
      if (limit < maxPageRows) return larger()
      // What goes on for so long is no transaction, and those behind it do not wait for its end.
      await takeRows(fresh, true, takenUpTo)
      durable = page.rows
    }
    await keepWatermark(durable)
    await takeStrays(page.strays)
    return page.isLast ? null : (durable.at(-1)?.number ?? null)
  }

  const readAll = async (): Promise<void> => {
    query ??= await options.open(source)
    const first = overlapStart()
    for (let after: bigint | null = first; after !== null && !closed;) after = await takePage(query, after, source.batch, after === first)
  }

  const fail = async (error: unknown): Promise<void> => {
    failures += 1
    const words = error instanceof Error ? error.message || error.name : String(error)
    const message = error instanceof CannotWrite ? `waits: the journal cannot be written: ${words}` : `cannot be read: ${words}`
    if (message !== told) log.error(`database ${source.name} ${message}; it is tried again`)
    told = message
    const broken = query
    query = null
    await broken?.close().catch(() => undefined)
  }

  const pollOnce = async (): Promise<void> => {
    try {
      await readAll()
      if (failures > 0) log.info(`database ${source.name} is read again`)
      failures = 0
      told = ''
    } catch (error) {
      if (!closed) await fail(error)
    }
    running = null
    schedule()
  }

  const poll = (): Promise<void> => {
    cancel()
    if (closed) return Promise.resolve()
    running ??= pollOnce()
    return running
  }

  const schedule = (): void => {
    if (closed) return
    const pauseMs = failures === 0 ? 0 : fullJitterMs(failures - 1, options.random(), backoff)
    cancel = clock.after(source.everyMs + pauseMs, () => void poll())
  }

  return {
    poll,
    close: async () => {
      closed = true
      cancel()
      await running
      await query?.close().catch(() => undefined)
    },
  }
}

/** Rows that share a number are one thing. */
const digestsOf = (rows: readonly NumberedRow[]): Map<bigint, string> => {
  const texts = new Map<bigint, string>()
  for (const { number, row } of rows) texts.set(number, `${texts.get(number) ?? ''}${rowText(row)}\n`)
  return new Map([...texts].map(([number, text]) => [number, sha256(text)]))
}
