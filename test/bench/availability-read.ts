/**
 * What the figure costs beside its stock: 100 items at one store, the whole of what GET /v1/availability reads and decides, and the bare
 * indexed query of their balances. The sides take turns; p99 of each.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFigures } from '#hub/availability/figures.ts'
import { openDatabase } from '#hub/storage/database.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { sql } from 'kysely'
import pino from 'pino'
import type { Benchmark } from './benchmark.ts'

const ceiling = 2
const items = 100
const rounds = 1_000

const p99 = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** 20 stores of 2,000 items; the items asked for have four weeks of sales each, and some reservations. */
const seed = async (db: ReturnType<typeof openDatabase>): Promise<void> => {
  await sql`insert into store select 'S' || s, 'Store', 'EUR', 'UTC' from generate_series(1, 20) s`.execute(db)
  await sql`insert into stock_balance select 'S' || s, 'I' || i, 50000 from generate_series(1, 20) s, generate_series(1, 2000) i`.execute(
    db,
  )
  await sql`insert into stock_movement select 'S1', 'S1|W1|' || n, i, 'I' || i, -1000, current_date - n % 28
    from generate_series(1, 56) n, generate_series(1, 2000) i`.execute(db)
  await sql`insert into reservation (reservation_id, kind, state, channel, content)
    select 'R' || n, 'hard', 'active', 'web', '' from generate_series(1, 2000) n`.execute(db)
  await sql`insert into reservation_line select 'R' || n, 1, 'S1', 'I' || n, 1000 from generate_series(1, 2000) n`.execute(db)
  await sql`vacuum analyze`.execute(db)
}

export const availabilityRead: Benchmark = {
  name: 'availability-read',
  compares: 'p99 of the figures of 100 items at a store with that of the bare indexed query of their balances',
  run: async (progress) => {
    const dir = await mkdtemp(join(tmpdir(), 'tideline-availability-'))
    const dataDir = join(dir, 'database')
    const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
    const db = openDatabase(postgres.url)
    try {
      await migrate(db)
      await seed(db)
      const sides = { bare: [] as number[], figures: [] as number[] }
      for (let round = 0; round < rounds; round++) {
        const keys = Array.from({ length: items }, (_, n) => ({ storeId: 'S1', itemId: `I${((round * 7 + n * 13) % 2_000) + 1}` }))
        const itemIds = keys.map(({ itemId }) => itemId)
        const bare = () =>
          sql`select item_id, quantity_milli from stock_balance where store_id = 'S1' and item_id = any(${itemIds}::text[])`.execute(db)
        sides.bare.push(await timed(bare))
        sides.figures.push(await timed(() => readFigures(db, keys)))
      }
      const [bareMs, figuresMs] = [p99(sides.bare), p99(sides.figures)]
      const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
      const [bareMedianMs, figuresMedianMs] = [median(sides.bare), median(sides.figures)]
      progress(`bare ${bareMs.toFixed(2)} ms, figures ${figuresMs.toFixed(2)} ms (p99 of ${rounds})`)
      return { name: 'availability-read', ceiling, ratio: figuresMs / bareMs, bareMs, figuresMs, bareMedianMs, figuresMedianMs }
    } finally {
      await db.destroy()
      await postgres.stop()
      await removeEmbeddedPostgres(dataDir)
      await rm(dir, { recursive: true, force: true })
    }
  },
}
