/**
 * npm run check: format, lint, types, pure tests, spec numbers and docs/fields.md, quick enough for every commit. All steps run to their
 * end, the quick ones beside each other, so that one run shows everything that is wrong.
 */
import { runCommand } from './command.ts'
import { checkoutRoot } from './root.ts'
import { toolPath } from './tools.ts'

type Step = { name: string; args: string[] }
type Outcome = { step: Step; passed: boolean; output: string; ms: number }

const quick: Step[] = [
  { name: 'format', args: [toolPath('oxfmt'), '--check'] },
  { name: 'lint', args: [toolPath('oxlint')] },
  { name: 'types', args: [toolPath('tsc'), '--project', 'tsconfig.json'] },
  { name: 'types of the pure zones', args: [toolPath('tsc'), '--project', 'tsconfig.core.json'] },
  { name: 'spec numbers', args: ['scripts/spec-coverage.ts'] },
  { name: 'owners of fields', args: ['scripts/fields.ts', '--check'] },
]

const pureTests: Step = { name: 'pure tests', args: [toolPath('vitest'), 'run', '--project', 'pure', '--reporter=dot'] }

/** Shown even when it passes. */
const alwaysShown = new Set(['spec numbers'])

const runStep = async (step: Step): Promise<Outcome> => {
  const startedAt = Date.now()
  const { code, stdout, stderr } = await runCommand(process.execPath, step.args, { cwd: checkoutRoot })
  return { step, passed: code === 0, output: `${stdout}${stderr}`.trim(), ms: Date.now() - startedAt }
}

const show = ({ step, passed, output, ms }: Outcome): void => {
  const indented = output.replaceAll('\n', '\n    ')
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${step.name} (${(ms / 1_000).toFixed(1)} s)`)
  if (!passed || alwaysShown.has(step.name)) console.log(`    ${indented}`)
}

const runAndShow = async (step: Step): Promise<Outcome> => {
  const outcome = await runStep(step)
  show(outcome)
  return outcome
}

const outcomes = [...(await Promise.all(quick.map(runAndShow))), await runAndShow(pureTests)]
const failed = outcomes.filter((outcome) => !outcome.passed)
console.log(failed.length === 0 ? 'Everything is in order.' : `Failed: ${failed.map((outcome) => outcome.step.name).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
