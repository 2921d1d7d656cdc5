/** npm run spec: the rules of docs/spec.md that no test title carries; fails on titles that name an unknown rule. */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutRoot } from './root.ts'
import { compareSpec, findRules } from './spec-rules.ts'

const roots = ['sync', 'main', 'renderer', 'hub', 'demo', 'scripts', 'test']

const readTests = async (): Promise<{ file: string; source: string }[]> => {
  const tests: { file: string; source: string }[] = []
  for await (const file of glob(`{${roots.join(',')}}/**/*.test.{ts,tsx}`, { cwd: checkoutRoot })) {
    tests.push({ file, source: await readFile(join(checkoutRoot, file), 'utf8') })
  }
  return tests
}

const spec = await readFile(join(checkoutRoot, 'docs', 'spec.md'), 'utf8')
const { uncovered, unknown } = compareSpec(spec, await readTests())
const total = findRules(spec).length
console.log(`${total - uncovered.length} of ${total} rules of docs/spec.md are carried by a test title.`)
if (uncovered.length > 0) console.log(`No test carries: ${uncovered.join(', ')}`)
for (const { rule, file } of unknown) console.log(`${file} names ${rule}, which docs/spec.md does not have.`)
process.exitCode = unknown.length === 0 ? 0 : 1
