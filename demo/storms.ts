/** `npm run storms`: three days without a line, a hub put back to last night, a copied PC, on real parts; and every sale there once. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { checkoutRoot } from '../scripts/root.ts'
import { tellStorms, type ToldStory } from './storms/story.ts'
import { createTeller } from './storms/teller.ts'

const usage = `npm run storms -- [options]
  --sales N     sales of each till on each business day (default 12)
  --no-fast     at a pace that a person can follow; a business day takes a few seconds otherwise
  --json        print what was proven as one last line of JSON
It ends by itself; its exit code is 0 only when every claim held.`

const followedPauseMs = 1_000

const readOptions = (argv: string[]) => {
  const { values } = parseArgs({
    args: argv,
    allowNegative: true,
    options: {
      sales: { type: 'string', default: '12' },
      fast: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const sales = Number(values.sales)
  if (!Number.isInteger(sales) || sales < 1) throw new Error(`--sales takes a whole number above 0, not "${values.sales}"`)
  return { sales, pauseMs: values.fast ? 0 : followedPauseMs, json: values.json, help: values.help }
}

/** Each run counts from nothing; an earlier one's database may lie outside its folder. */
const freshFolder = async (root: string): Promise<string> => {
  for (const earlier of await readdir(root).catch(() => [])) await removeEmbeddedPostgres(join(root, earlier, 'database'))
  await rm(root, { recursive: true, force: true })
  const dir = join(root, new Date().toISOString().replaceAll(/[:.]/g, '-'))
  await mkdir(dir, { recursive: true })
  return dir
}

const endWords = ({ proven, report: { captured }, steps }: ToldStory, seconds: number): string => {
  const claims = steps.flatMap((step) => step.claims)
  const held = claims.filter(({ holds }) => holds).length
  return proven
    ? `Proven in ${seconds} s: ${captured} sales through an outage, a restored hub and a copied PC, each there exactly once (${held} claims held).`
    : `NOT PROVEN: ${claims.length - held} of ${claims.length} claims did not hold.`
}

const run = async ({ sales, pauseMs, json }: ReturnType<typeof readOptions>): Promise<number> => {
  // With --json, standard output belongs to the summary.
  const write = (line: string): void => (json ? console.error : console.log)(line)
  const startedMs = performance.now()
  const seed = Date.now()
  const dir = await freshFolder(join(checkoutRoot, '.tideline', 'storms'))
  write(`Storms (seed ${seed}); logs and pictures: ${dir}`)
  const story = await tellStorms({ dir, seed, pace: { sales, pauseMs }, teller: createTeller(write) })
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  write(`\n${endWords(story, seconds)}`)
  if (json) console.log(JSON.stringify({ ...story, seed, seconds }))
  return story.proven ? 0 : 1
}

/** Whatever was started ends with this process. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

const options = readOptions(process.argv.slice(2))
if (options.help) console.log(usage)
else process.exitCode = await run(options)
