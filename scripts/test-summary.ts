/**
 * Counts a test run from vitest's JSON report. What went wrong outside a test counts as a failure too: a file that did
 * not load, a hook that threw, an exit code without a failed test, a run without any test, a suite that could not run here.
 */
import * as z from 'zod'

const testFile = z.object({
  name: z.string(),
  status: z.string(),
  message: z.string().optional(),
  assertionResults: z.array(z.object({ status: z.string() })),
})

const report = z.object({ testResults: z.array(testFile) })

export type TestFile = z.infer<typeof testFile>
export type Summary = { passed: number; failed: number; skipped: number; problems: string[] }

/** `impossible` lists the suites that this machine cannot run. */
export type RunOutcome = { reportText: string | undefined; exitCode: number; impossible: readonly string[] }

const parseReport = (text: string | undefined): TestFile[] | undefined => {
  if (text === undefined) return undefined
  try {
    return report.parse(JSON.parse(text)).testResults
  } catch {
    return undefined
  }
}

const countStatus = (files: TestFile[], ...statuses: string[]): number =>
  files.flatMap((file) => file.assertionResults).filter((test) => statuses.includes(test.status)).length

const failedOutsideTests = (files: TestFile[]): TestFile[] =>
  files.filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'))

export const summarize = ({ reportText, exitCode, impossible }: RunOutcome): Summary => {
  const files = parseReport(reportText)
  const outside = failedOutsideTests(files ?? [])
  const problems = [
    ...impossible.map((suite) => `${suite} could not run on this machine`),
    ...outside.map((file) => `${file.name} failed outside its tests`),
  ]
  if (files === undefined) problems.push('the test run ended without a report')
  const passed = countStatus(files ?? [], 'passed')
  const inTests = countStatus(files ?? [], 'failed')
  if (files !== undefined && passed + inTests === 0) problems.push('no test ran')
  if (exitCode !== 0 && inTests + problems.length === 0) problems.push(`the test run ended with code ${exitCode} though no test failed`)
  return {
    passed,
    failed: inTests + problems.length,
    skipped: countStatus(files ?? [], 'skipped', 'pending', 'todo', 'disabled'),
    problems,
  }
}

export const summaryLine = ({ passed, failed, skipped }: Summary): string => `${passed} passed, ${failed} failed, ${skipped} skipped`
