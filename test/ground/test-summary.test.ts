import { describe, expect, it } from 'vitest'
import { summarize, summaryLine } from '#scripts/test-summary.ts'

type File = { name: string; status: string; assertionResults: { status: string }[] }

const file = (status: string, ...tests: string[]): File => ({
  name: `${status}.test.ts`,
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})

const run = (files: File[], exitCode = 0, impossible: string[] = []): string =>
  summaryLine(summarize({ reportText: JSON.stringify({ testResults: files }), exitCode, impossible }))

describe('the last line of npm test', () => {
  it('counts passed, failed and skipped tests', () => {
    expect(run([file('passed', 'passed', 'passed', 'skipped'), file('failed', 'failed', 'passed', 'todo')], 1)).toBe(
      '3 passed, 1 failed, 2 skipped',
    )
  })

  it('counts a file that did not load as one failure', () => {
    expect(run([file('passed', 'passed'), file('failed')], 1)).toBe('1 passed, 1 failed, 0 skipped')
  })

  it('counts a hook that threw, which leaves its tests skipped, as a failure', () => {
    expect(run([file('failed', 'skipped', 'skipped')], 1)).toBe('0 passed, 2 failed, 2 skipped')
  })

  it('fails a run without a test', () => {
    expect(run([])).toBe('0 passed, 1 failed, 0 skipped')
  })

  it('fails an unclean exit although every test passed', () => {
    expect(run([file('passed', 'passed')], 1)).toBe('1 passed, 1 failed, 0 skipped')
  })

  it('fails a run that ended without a readable report', () => {
    for (const reportText of [undefined, '', '{"testResults":'])
      expect(summaryLine(summarize({ reportText, exitCode: 1, impossible: [] }))).toBe('0 passed, 1 failed, 0 skipped')
  })

  it('counts a suite that cannot run here as a failure, never as skipped', () => {
    expect(run([file('passed', 'passed')], 0, ['chromium', 'e2e'])).toBe('1 passed, 2 failed, 0 skipped')
  })
})
