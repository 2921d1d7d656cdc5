import { expect, it } from 'vitest'
import { needsForProjects, selectProjects, splitByNeeds, testProjects, withoutProjects } from '#scripts/test-selection.ts'

it('runs everything when nothing is named', () => {
  expect(selectProjects([])).toEqual([...testProjects])
  expect(selectProjects(['--bail=1'])).toEqual([...testProjects])
})

it('takes the projects that are named, in either spelling', () => {
  expect(selectProjects(['--project', 'pg', '--project=pure'])).toEqual(['pure', 'pg'])
  expect(withoutProjects(['--project', 'pg', 'intake', '--project=pure', '--bail=1'])).toEqual(['intake', '--bail=1'])
})

it('takes the projects of the files that are named, and all of them for a mere word', () => {
  expect(selectProjects(['hub/intake/accept.pg.test.ts', 'sync/core/outbox.test.ts'])).toEqual(['pure', 'pg'])
  expect(selectProjects(['intake'])).toEqual([...testProjects])
})

it('asks of the machine only what the selected projects need', () => {
  expect(needsForProjects(['pure', 'pg'])).toEqual(['mariadb'])
  expect(needsForProjects([...testProjects])).toEqual(expect.arrayContaining(['electron', 'chromium', 'xvfb', 'tryton']))
})

it('sets apart the projects whose needs are unmet', () => {
  expect(splitByNeeds([...testProjects], ['tryton', 'xvfb'])).toEqual({
    possible: ['pure', 'agent', 'sim', 'pg', 'nats', 'netem', 'chromium'],
    impossible: ['e2e', 'tryton'],
  })
})
