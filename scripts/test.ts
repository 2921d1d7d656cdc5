/**
 * npm test: every suite for real. Installs what the machine lacks where it may, prepares Electron and the agent's build,
 * runs the selected vitest projects and ends with one line of counts. A suite that cannot run here is a failure.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildAgent } from './build.ts'
import { runInForeground } from './command.ts'
import { electronExecutable } from './electron-runtime.ts'
import { say } from './progress.ts'
import { checkoutRoot } from './root.ts'
import { ensureSystem, type Need } from './system.ts'
import { needsForProjects, selectProjects, splitByNeeds, withoutProjects, type TestProject } from './test-selection.ts'
import { summarize, summaryLine, type Summary } from './test-summary.ts'

const findUnmetNeeds = async (projects: readonly TestProject[]): Promise<Need[]> => {
  const state = await ensureSystem(needsForProjects(projects))
  if (state.kind === 'ready') return []
  say(state.hint)
  return state.needs
}

/** A failure here is told by the suites that need it, in their set-up; the other suites run all the same. */
const prepareAgent = async (projects: readonly TestProject[]): Promise<void> => {
  try {
    if (projects.includes('e2e')) await electronExecutable()
    if (projects.includes('e2e') || projects.includes('chromium')) await buildAgent()
  } catch (error) {
    say(`The agent could not be prepared: ${String(error)}`)
  }
}

const readIfThere = async (path: string): Promise<string | undefined> => (existsSync(path) ? readFile(path, 'utf8') : undefined)

const runVitest = async (
  projects: readonly TestProject[],
  args: readonly string[],
): Promise<{ exitCode: number; reportText: string | undefined }> => {
  const folder = await mkdtemp(join(tmpdir(), 'tideline-test-'))
  const reportFile = join(folder, 'report.json')
  const vitest = join(checkoutRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const selection = projects.flatMap((project) => ['--project', project])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  try {
    const exitCode = await runInForeground(process.execPath, [vitest, 'run', ...selection, ...reporters, ...args], { cwd: checkoutRoot })
    return { exitCode, reportText: await readIfThere(reportFile) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const runTests = async (args: readonly string[]): Promise<Summary> => {
  const selected = selectProjects(args)
  const unmet = await findUnmetNeeds(selected)
  const { possible, impossible } = splitByNeeds(selected, unmet)
  await prepareAgent(possible)
  if (possible.length === 0) return summarize({ exitCode: 1, reportText: undefined, impossible })
  return summarize({ ...(await runVitest(possible, withoutProjects(args))), impossible })
}

const summary = await runTests(process.argv.slice(2))
for (const problem of summary.problems) say(`FAILED: ${problem}`)
console.log(summaryLine(summary))
process.exitCode = summary.failed === 0 ? 0 : 1
