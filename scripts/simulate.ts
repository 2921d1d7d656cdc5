/**
 * `npm run simulate -- [--seeds 1000] [--from 1] [--workers 2] [--json]`
 *
 * Whole worlds of stores, hub and ERP, one a seed, under every fault that the simulator knows. Exit 1 when an invariant broke; then the
 * seed and its shortest list of faults are printed. `--json` ends with the counts as one line of JSON; all else goes to stderr.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { addSum, emptySum, failureText, runSeeds, type Sum } from '#test/simulation/run-seeds.ts'
import { say } from './progress.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
    /** Which of the workers this process is. */
    part: { type: 'string' },
  },
})
const [seeds, from, workers] = [Number(values.seeds), Number(values.from), Math.max(1, Number(values.workers))]
if (![seeds, from, workers].every(Number.isSafeInteger)) throw new Error('--seeds, --from and --workers are whole numbers')

const seedsOf = function* (part: number): Generator<number> {
  for (let seed = from + part; seed < from + seeds; seed += workers) yield seed
}

const runPart = async (part: number): Promise<void> => {
  await runSeeds(seedsOf(part), (sum) => process.send?.(sum))
  process.disconnect?.()
}

const total = emptySum()
const startedAt = Date.now()
const progressEveryMs = 10_000
let toldAt = startedAt

const take = (sum: Sum): void => {
  addSum(total, sum)
  for (const failure of sum.failures) say(failureText(failure))
  if (Date.now() - toldAt < progressEveryMs) return
  toldAt = Date.now()
  const perSecond = (total.seeds * 1_000) / (toldAt - startedAt)
  say(`${total.seeds} of ${seeds} seeds, ${total.failures.length} failures, ${total.transactions} sales, ${perSecond.toFixed(1)} seeds/s`)
}

const runAll = async (): Promise<void> => {
  const parts = Array.from({ length: workers }, (_, part) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--part', String(part)])
    child.on('message', (sum) => take(sum as Sum))
    return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
  })
  const codes = await Promise.all(parts)
  for (const [fault, times] of Object.entries(total.faults).sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(times).padStart(9)}  ${fault}`)
  const { failures, faults, transactions } = total
  const counts = { seeds: total.seeds, failures: failures.length, faults, transactions }
  console.log(values.json ? JSON.stringify(counts) : `${counts.seeds} seeds, ${counts.failures} failures, ${transactions} sales`)
  const isWhole = total.seeds === seeds && codes.every((code) => code === 0)
  if (!isWhole) say(`Only ${total.seeds} of ${seeds} seeds were run.`)
  process.exitCode = failures.length === 0 && isWhole ? 0 : 1
}

await (values.part === undefined ? runAll() : runPart(Number(values.part)))
