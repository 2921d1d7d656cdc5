/**
 * `rebuild-projections`: a log of a million sales of about 1 kB, four lines each, from 50 stores, which all projections have taken. Each of
 * them is then rebuilt by the operator's command, in a process of its own: records a second with comparison and exchange, the most memory
 * that the process had, and for how long the live projection stood still at the end. The ratio is to the live projections' own speed over
 * the same rows, each alone. One row is damaged before: a rebuild that does not find it is a fault.
 */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { drainProjection } from '#hub/merge/advance.ts'
import type { Database } from '#hub/storage/database.ts'
import { projectionsOf } from '#hub/projections.ts'
import { sql } from 'kysely'
import { withBenchDatabase } from './bench-database.ts'
import type { Benchmark } from './benchmark.ts'
import { rounded } from './figures.ts'
import { fillLog } from './filled-log.ts'

const stores = 50
const usualTransactions = 1_000_000
const lookEveryMs = 200

const projections = projectionsOf('reference')

/** What the operating system says was the most, in MB. */
const mostResidentMb = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024)
}

const runCommand = async (url: string, name: string, progress: (line: string) => void) => {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['hub/server.ts', 'rebuild', name], {
    env: { ...process.env, DATABASE_URL: url, TIDELINE_ERP: 'reference', TIDELINE_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  let mostMb = 0
  const looking = setInterval(() => {
    void mostResidentMb(child.pid ?? 0).then((megabytes) => (mostMb = Math.max(mostMb, megabytes)))
  }, lookEveryMs)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearInterval(looking)
  if (code !== 0) throw new Error(`the rebuild of ${name} ended with ${code}: ${lines.join('\n')}`)
  progress(`${name}: ${lines.at(-1)}`)
  return { seconds: (performance.now() - startedAt) / 1_000, mostMb, lines }
}

const damage = async (db: Database): Promise<void> => {
  await sql`update sales_transaction set grand_minor = grand_minor + 1 where seq = 7 and store_id = 'S0'`.execute(db)
  await sql`update stock_balance set quantity_milli = quantity_milli + 1 where store_id = 'S0' and item_id = '40000'`.execute(db)
}

const heldMsOf = (lines: readonly string[]): number => Number(/stood still for ([\d.]+) s/.exec(lines.join('\n'))?.[1] ?? Number.NaN)

const run: Benchmark['run'] = (progress, { transactions = usualTransactions }) =>
  withBenchDatabase(async (db, url) => {
    const count = await fillLog(db, stores, Math.max(1, Math.round(transactions / stores)), progress)
    const livePerSecond: Record<string, number> = {}
    for (const projection of projections) {
      const startedAt = performance.now()
      await drainProjection(db, projection)
      livePerSecond[projection.name] = Math.round(count / ((performance.now() - startedAt) / 1_000))
      progress(`live ${projection.name}: ${livePerSecond[projection.name]}/s`)
    }
    await sql`vacuum analyze`.execute(db)
    await damage(db)
    const figures: Record<string, { perSecond: number; mostMb: number; heldSeconds: number; toLive: number }> = {}
    for (const { name } of projections) {
      const { seconds, mostMb, lines } = await runCommand(url, name, progress)
      const perSecond = Math.round(count / seconds)
      figures[name] = { perSecond, mostMb, heldSeconds: heldMsOf(lines), toLive: rounded(perSecond / (livePerSecond[name] ?? Number.NaN)) }
    }
    const { rows } = await sql<{ found: number }>`
      select count(*)::int as found from exception where kind = 'PROJECTION_DIFFERED' and message like '%in 1 row. It is put right.%'`.execute(
      db,
    )
    const secondsOf = (rates: readonly number[]): number => rates.reduce((sum, rate) => sum + count / rate, 0)
    return {
      name: 'rebuild-projections',
      ratio: secondsOf(Object.values(livePerSecond)) / secondsOf(Object.values(figures).map(({ perSecond }) => perSecond)),
      alsoMissed: rows[0]?.found !== 2,
      transactions: count,
      ...{ stores, figures, livePerSecond, mostMb: Math.max(...Object.values(figures).map(({ mostMb }) => mostMb)) },
    }
  })

export const rebuildProjections: Benchmark = {
  name: 'rebuild-projections',
  compares:
    'a rebuild of each projection from a log of a million sales, beside the live one, with the speed of the live projections themselves; memory',
  run,
}
