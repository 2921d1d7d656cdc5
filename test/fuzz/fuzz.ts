/**
 * npm run fuzz: mutated inputs of every dialect through the real decoder and dialects. None may crash, hang, vanish, or be taken outside
 * the contract. A failure prints the seed and the input's number; `--seed S --only N` reads that one again.
 */
import { parseArgs } from 'node:util'
import { readCorpus } from './corpus.ts'
import { type Examination, examine, slowMs } from './examination.ts'
import { mutatedInput } from './mutation.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const inputs = Number(values.inputs)
const corpus = readCorpus()
const sum = { inputs: 0, taken: 0, quarantined: 0, crashes: 0, slow: 0, maxMs: 0, maxHeapMb: 0 }
const byDialect: Record<string, number> = {}

const tell = (number: number, what: string): void => void process.stderr.write(`seed ${seed}, input ${number}: ${what}\n`)

/** Slow twice is slow: the machine may have been busy. */
const readInput = (number: number): Examination => {
  const first = examine(mutatedInput(corpus, seed, number))
  return first.ms < slowMs ? first : examine(mutatedInput(corpus, seed, number))
}

const takeInput = (number: number): void => {
  const found = readInput(number)
  sum.inputs += 1
  sum.taken += found.taken
  sum.quarantined += found.quarantined
  sum.maxMs = Math.max(sum.maxMs, Math.round(found.ms))
  byDialect[found.dialect] = (byDialect[found.dialect] ?? 0) + 1
  if (found.failure !== undefined) {
    sum.crashes += 1
    tell(number, found.failure)
  }
  if (found.ms < slowMs) return
  sum.slow += 1
  tell(number, `took ${Math.round(found.ms)} ms`)
}

const progressEvery = 10_000
const heapEvery = 200
const numbers = values.only === undefined ? Array.from({ length: inputs }, (_, index) => index) : [Number(values.only)]
for (const number of numbers) {
  takeInput(number)
  if (number % heapEvery === 0) sum.maxHeapMb = Math.max(sum.maxHeapMb, Math.round(process.memoryUsage().heapUsed / 1e6))
  if (number > 0 && number % progressEvery === 0)
    process.stderr.write(`${number} of ${inputs}: ${sum.taken} taken, ${sum.quarantined} quarantined, ${sum.crashes + sum.slow} failures\n`)
}
console.log(
  values.json
    ? JSON.stringify({ ...sum, byDialect })
    : `${sum.inputs} inputs: ${sum.taken} taken, ${sum.quarantined} quarantined, ${sum.crashes} crashes, ${sum.slow} slow; at most ${sum.maxMs} ms and ${sum.maxHeapMb} MB`,
)
process.exitCode = sum.crashes + sum.slow > 0 ? 1 : 0
