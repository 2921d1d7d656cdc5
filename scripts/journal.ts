/** `npm run journal -- VERB`: looks at a store's journal without touching it. */
import { check, prove } from './journal/prove.ts'

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { prove, check }

const [verb = '', ...args] = process.argv.slice(2)
const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
if (run) process.exitCode = await run(args)
else {
  process.stderr.write(`usage: npm run journal -- ${Object.keys(verbs).join(' | ')}\n`)
  process.exitCode = 2
}
