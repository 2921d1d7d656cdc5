/**
 * What the figure costs beside its stock: 100 items at one store, the whole of what GET /v1/availability reads and decides for a channel, and
 * the bare indexed query of their balances. The sides take turns; p99 of each. A second course, reported beside it, sells five of the items
 * before each round, so that nothing kept of them holds any more.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFigures } from '#hub/availability/figures.ts'
import { importRules } from '#hub/availability/rules/rule-versions.ts'
import type { Rule } from '#hub/availability/rules/rule.ts'
import { addMovements } from '#hub/stock/balance.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { sql } from 'kysely'
import pino from 'pino'
import type { Benchmark } from './benchmark.ts'

const ceiling = 2
const items = 100
const rounds = 1_000

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
const p99 = (values: readonly number[]): number => quantile(values, 0.99)

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** 20 stores of 2,000 items; those asked for have four weeks of sales, a count, a category, reservations; their store reports, and there are rules. */
const seed = async (db: Database): Promise<void> => {
  await sql`insert into store select 'S' || s, 'Store', 'EUR', 'UTC' from generate_series(1, 20) s`.execute(db)
  await sql`insert into stock_balance select 'S' || s, 'I' || i, 50000 from generate_series(1, 20) s, generate_series(1, 2000) i`.execute(
    db,
  )
  await sql`insert into stock_movement select 'S1', 'S1|W1|' || n, i, 'I' || i, -1000, current_date - n % 28
    from generate_series(1, 56) n, generate_series(1, 2000) i`.execute(db)
  await sql`insert into reservation (reservation_id, kind, state, channel, content)
    select 'R' || n, 'hard', 'active', 'web', '' from generate_series(1, 2000) n`.execute(db)
  await sql`insert into reservation_line select 'R' || n, 1, 'S1', 'I' || n, 1000 from generate_series(1, 2000) n`.execute(db)
  await sql`insert into item select 'I' || i, 'Item', '{}', 'each', 'A', 70000, null from generate_series(1, 2000) i`.execute(db)
  await sql`insert into item_category select 'I' || i, 'C' || i % 50 from generate_series(1, 2000) i`.execute(db)
  await sql`insert into device (device_id, store_id, public_key, host_name, last_seen_at) values ('d', 'S1', '', '', now())`.execute(db)
  await sql`insert into device_report (device_id, incarnation, pending, report) values ('d', 'abcdefghijkl', 0, ${report})`.execute(db)
  await sql`insert into record_log select 'd', 'abcdefghijkl', n, 'S1', 'stock-document', 'accepted', null, 'S1|stock|' || n, '', now(), '{}', '', ''
    from generate_series(1, 40) n`.execute(db)
  await sql`insert into stock_base select 'S1', 'I' || i, 'S1|stock|' || i % 40, 80000, current_date - 9, 'd', 'abcdefghijkl', 1 + i % 40
    from generate_series(1, 2000) i`.execute(db)
  const rules = Array.from({ length: 100 }, (_, n) => ({ line: n + 1, row: ruleOf(n) }))
  await importRules(db, { rows: rules, mode: 'add', takeOver: false }, { by: 'Ann', why: 'bench', dryRun: false })
  await sql`vacuum analyze`.execute(db)
}

const report = JSON.stringify({
  agentVersion: '3.0.0',
  journal: { incarnation: 'abcdefghijkl', seq: 40, ackedSeq: 40, missingRecords: 0 },
  ...{
    pending: { count: 0 },
    disk: { state: 'roomy' },
    openExceptions: 0,
    quarantined: 0,
    feeds: {},
    parkedDocuments: 0,
    uptimeSeconds: 60,
  },
  traffic: { open: [], sentBytesToday: 0, receivedBytesToday: 0 },
})

const ruleOf = (n: number): Rule => ({
  ...{ ruleId: `R${n}`, kind: n % 2 === 0 ? 'safety-stock' : 'allocation', category: `C${n % 50}`, measure: 'units', amount: 3_000 },
  ...(n >= 50 ? { channel: 'web', storeId: 'S1' } : {}),
  ...{ owner: 'Ann', reason: 'bench' },
})

/** As the projection does. */
const sell = (db: Database, round: number, itemIds: readonly string[]) =>
  db.transaction().execute((trx) =>
    addMovements(
      trx,
      itemIds.map((item_id, index) => ({
        ...{ store_id: 'S1', natural_key: `S1|W2|${round}`, line_number: index, item_id, quantity_milli: -1_000, kind: 'sale' },
        ...{ business_day: new Date().toISOString().slice(0, 10), device_id: 'd', incarnation: 'abcdefghijkl', seq: 1_000 + round },
      })),
      'once',
    ),
  )

const play = async (db: Database, courses: number, isMoving: boolean): Promise<{ bare: number[]; figures: number[] }> => {
  const sides = { bare: [] as number[], figures: [] as number[] }
  for (let round = 0; round < courses; round++) {
    const keys = Array.from({ length: items }, (_, n) => ({ storeId: 'S1', itemId: `I${((round * 7 + n * 13) % 2_000) + 1}` }))
    const itemIds = keys.map(({ itemId }) => itemId)
    const bare = () =>
      sql`select item_id, quantity_milli from stock_balance where store_id = 'S1' and item_id = any(${itemIds}::text[])`.execute(db)
    if (isMoving) await sell(db, round, itemIds.slice(0, 5))
    sides.bare.push(await timed(bare))
    sides.figures.push(await timed(() => readFigures(db, keys, 'web')))
  }
  return sides
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
      await play(db, 100, false)
      const still = await play(db, rounds, false)
      const moving = await play(db, rounds, true)
      const [bareMs, figuresMs] = [p99(still.bare), p99(still.figures)]
      progress(`bare ${bareMs.toFixed(2)} ms, figures ${figuresMs.toFixed(2)} ms (p99 of ${rounds})`)
      return {
        ...{ name: 'availability-read', ceiling, ratio: figuresMs / bareMs, bareMs, figuresMs },
        ...{ bareMedianMs: quantile(still.bare, 0.5), figuresMedianMs: quantile(still.figures, 0.5) },
        ...{ movingRatio: p99(moving.figures) / p99(moving.bare), movingMedianMs: quantile(moving.figures, 0.5) },
      }
    } finally {
      await db.destroy()
      await postgres.stop()
      await removeEmbeddedPostgres(dataDir)
      await rm(dir, { recursive: true, force: true })
    }
  },
}
