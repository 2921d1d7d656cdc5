/**
 * One project per environment, chosen by the file's suffix: *.test.ts is pure; *.pg, *.nats, *.netem, *.chromium, *.e2e and *.tryton
 * need what their name says; *.agent takes seconds with much of the agent at work, *.sim runs whole simulated worlds. They run one after the other, so that timing-sensitive suites do not
 * share the machine.
 */
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'

const environments = ['agent', 'sim', 'pg', 'nats', 'netem', 'chromium', 'e2e', 'tryton'] as const
/** The files under test/zones exist to be refused by the linter, not to run. */
const ignored = ['**/node_modules/**', '**/dist/**', '**/.tideline/**', 'test/zones/*/**']

const second = 1_000

type Limits = { testTimeout: number; hookTimeout: number; maxWorkers: number; globalSetup?: string[] }

const pure: TestProjectConfiguration = {
  test: {
    name: 'pure',
    environment: 'node',
    include: ['**/*.test.{ts,tsx}'],
    exclude: [...ignored, `**/*.{${environments.join(',')}}.test.{ts,tsx}`],
    testTimeout: 15 * second,
    hookTimeout: 15 * second,
    // Left to itself, vitest keeps one core free: on two it would use one.
    maxWorkers: '100%',
    sequence: { groupOrder: 0 },
  },
}

const project = (name: (typeof environments)[number], limits: Limits): TestProjectConfiguration => ({
  test: {
    name,
    environment: 'node',
    include: [`**/*.${name}.test.{ts,tsx}`],
    exclude: ignored,
    sequence: { groupOrder: environments.indexOf(name) + 1 },
    ...limits,
  },
})

const displayAndBuild = ['test/ground/agent-setup.ts']

export default defineConfig({
  test: {
    projects: [
      pure,
      project('agent', { testTimeout: 60 * second, hookTimeout: 60 * second, maxWorkers: 2 }),
      project('sim', { testTimeout: 120 * second, hookTimeout: 120 * second, maxWorkers: 2 }),
      project('pg', { testTimeout: 60 * second, hookTimeout: 120 * second, maxWorkers: 2 }),
      project('nats', { testTimeout: 60 * second, hookTimeout: 120 * second, maxWorkers: 1 }),
      project('netem', { testTimeout: 480 * second, hookTimeout: 120 * second, maxWorkers: 1 }),
      project('chromium', {
        testTimeout: 120 * second,
        hookTimeout: 120 * second,
        maxWorkers: 1,
        globalSetup: ['test/ground/build-setup.ts'],
      }),
      project('e2e', { testTimeout: 180 * second, hookTimeout: 180 * second, maxWorkers: 1, globalSetup: displayAndBuild }),
      project('tryton', { testTimeout: 180 * second, hookTimeout: 300 * second, maxWorkers: 1 }),
    ],
  },
})
