/**
 * `npm run bench`            lists the benchmarks
 * `npm run bench -- all`     runs them all
 * `npm run bench -- NAME`    runs one; `--json` ends with one line of JSON. Exit 1 when a floor or ceiling is missed.
 *                            `--transactions N`: another size, for `merge` and `rebuild-projections`
 */
import { parseArgs } from 'node:util'
import { availabilityLag } from './availability-lag.ts'
import { availabilityRead } from './availability-read.ts'
import type { Benchmark, BenchmarkOptions } from './benchmark.ts'
import { captureAck } from './capture-ack.ts'
import { captureLoad } from './capture-load.ts'
import { connect } from './connect.ts'
import { drain } from './drain.ts'
import { firstLoad } from './first-load.ts'
import { fleetDrain } from './fleet-drain.ts'
import { intake } from './intake.ts'
import { memory } from './memory.ts'
import { merge } from './merge.ts'
import { oversell } from './oversell.ts'
import { parse } from './parse.ts'
import { priceFanout } from './price-fanout.ts'
import { rebuild } from './rebuild.ts'
import { rebuildProjections } from './rebuild-projections.ts'
import { start } from './start.ts'
import { wire } from './wire.ts'

const benchmarks: Benchmark[] = [
  ...[intake, captureAck, captureLoad, parse, drain, fleetDrain, firstLoad, priceFanout, wire],
  ...[connect, rebuild, start, memory, oversell, availabilityRead, availabilityLag, merge, rebuildProjections],
]

type Result = Awaited<ReturnType<Benchmark['run']>>

const holds = (result: Result): boolean =>
  result.alsoMissed !== true &&
  (result.floor === undefined || result.ratio >= result.floor) &&
  (result.ceiling === undefined || result.ratio <= result.ceiling)

const describe = (result: Result): string => {
  const bound =
    result.floor === undefined ? (result.ceiling === undefined ? 'reported' : `at most ${result.ceiling}`) : `at least ${result.floor}`
  return `${result.name}: ratio ${result.ratio.toFixed(2)} (${bound}) ${holds(result) ? 'holds' : 'MISSED'}`
}

const runOne = async (benchmark: Benchmark, json: boolean, options: BenchmarkOptions): Promise<boolean> => {
  const print = json ? console.error : console.log
  print(`${benchmark.name}: ${benchmark.compares}`)
  const result = await benchmark.run((line) => print(`  ${line}`), options)
  print(describe(result))
  console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2))
  return holds(result)
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { json: { type: 'boolean', default: false }, transactions: { type: 'string' } },
  allowPositionals: true,
})
const [wanted] = positionals
const chosen = benchmarks.filter((benchmark) => wanted === 'all' || benchmark.name === wanted)

if (chosen.length === 0) {
  if (wanted !== undefined) console.error(`There is no benchmark "${wanted}".`)
  console.log('Benchmarks (npm run bench -- NAME [--json], or all):')
  for (const { name, compares } of benchmarks) console.log(`  ${name.padEnd(12)} ${compares}`)
  process.exitCode = wanted === undefined ? 0 : 2
}
const transactions = values.transactions === undefined ? undefined : Number(values.transactions)
if (transactions !== undefined && !(Number.isSafeInteger(transactions) && transactions > 0))
  throw new Error('--transactions is a whole number')
let missed = 0
for (const benchmark of chosen) if (!(await runOne(benchmark, values.json, transactions === undefined ? {} : { transactions }))) missed += 1
if (missed > 0) process.exitCode = 1
