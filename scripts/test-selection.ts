/** Which test projects a command line asks for, and what those need from the machine. */
import type { Need } from './system.ts'

export const testProjects = ['pure', 'agent', 'sim', 'pg', 'nats', 'netem', 'chromium', 'e2e', 'tryton'] as const
export type TestProject = (typeof testProjects)[number]

const needsOf: Record<TestProject, Need[]> = {
  pure: [],
  agent: [],
  sim: [],
  pg: ['mariadb'],
  nats: ['nats'],
  netem: ['namespaces'],
  chromium: ['chromium'],
  e2e: ['electron', 'xvfb'],
  tryton: ['tryton'],
}

const namedProjects = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => {
    if (arg === '--project') return args[index + 1] ?? []
    return arg.startsWith('--project=') ? arg.slice('--project='.length) : []
  })

const projectOfFile = (path: string): TestProject | undefined => {
  const suffix = /\.(\w+)\.test\.tsx?$/.exec(path)?.[1]
  const known = testProjects.find((project) => project === suffix)
  return known ?? (/\.test\.tsx?$/.test(path) ? 'pure' : undefined)
}

/** Projects named by --project, else those of the files named, else all of them. */
export const selectProjects = (args: readonly string[]): TestProject[] => {
  const named = namedProjects(args)
  if (named.length > 0) return testProjects.filter((project) => named.includes(project))
  const files = args.filter((arg) => !arg.startsWith('-')).map(projectOfFile)
  if (files.length === 0 || files.includes(undefined)) return [...testProjects]
  return testProjects.filter((project) => files.includes(project))
}

export const needsForProjects = (projects: readonly TestProject[]): Need[] => [...new Set(projects.flatMap((project) => needsOf[project]))]

/** What can run although some needs are unmet; the rest is reported as failed, never skipped. */
export const splitByNeeds = (
  projects: readonly TestProject[],
  unmet: readonly Need[],
): { possible: TestProject[]; impossible: TestProject[] } => {
  const isPossible = (project: TestProject): boolean => needsOf[project].every((need) => !unmet.includes(need))
  return { possible: projects.filter(isPossible), impossible: projects.filter((project) => !isPossible(project)) }
}

/** The arguments left for vitest once the projects are chosen here. */
export const withoutProjects = (args: readonly string[]): string[] =>
  args.filter((arg, index) => arg !== '--project' && args[index - 1] !== '--project' && !arg.startsWith('--project='))
