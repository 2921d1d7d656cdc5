/**
 * `npm run kill-loop -- [--kills 50] [--seed 1] [--json]`
 *
 * Kills the real agent again and again while tills sell and files arrive. Exit 1 when a sale was lost, doubled or altered, or the
 * journal's chain or incarnation did not hold. `--json` ends with the counts as one line of JSON; progress then goes to stderr.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAgent } from '#scripts/build.ts'
import { withDisplay } from '#scripts/display.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { runKillLoop } from './kill-run.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
})
const kills = Number(values.kills)
const seed = Number(values.seed)
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) throw new Error('--kills and --seed are whole numbers')

const progress = (line: string): void => (values.json ? console.error(line) : console.log(line))

const dir = await mkdtemp(join(tmpdir(), 'tideline-kill-loop-'))
await buildAgent({ quiet: values.json })
progress(`${kills} kills, seed ${seed}`)
const { findings, ...counts } = await withDisplay(async (env) => {
  Object.assign(process.env, env)
  return runKillLoop({ dir, appDir: checkoutRoot, kills, seed, progress })
}).catch((error: unknown) => {
  console.error(`The data folder is kept in ${dir}.`)
  throw error
})

for (const finding of findings) console.error(finding)
console.log(values.json ? JSON.stringify(counts) : JSON.stringify(counts, null, 2))
if (counts.lost + counts.doubled + counts.altered > 0) {
  console.error(`The data folder is kept in ${dir}.`)
  process.exitCode = 1
} else await rm(dir, { recursive: true, force: true })
