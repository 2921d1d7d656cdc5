/** What every push proves: one seed is one history, what once broke holds, and planted faults are found. */
import { describe, expect, it } from 'vitest'
import { acknowledgeBeforeCommit, countDuplicates, readFeedsByClock } from './mutations.ts'
import { regressions } from './regressions.ts'
import { shrink } from './shrink.ts'
import { faultsOf, runWorld } from './world.ts'

const minuteMs = 60_000

describe('one seed', () => {
  it(
    'is one history',
    async () => {
      for (const seed of [3, 106]) {
        const plan = { seed, faults: faultsOf(seed) }
        const [first, second] = [await runWorld(plan), await runWorld(plan)]
        expect(second.traceHash).toBe(first.traceHash)
        expect(second.events).toBe(first.events)
        expect(first.transactions).toBeGreaterThan(0)
      }
    },
    5 * minuteMs,
  )

  it.each(regressions)(
    '$title',
    async ({ seed, faults }) => {
      expect((await runWorld({ seed, faults })).violations).toEqual([])
    },
    2 * minuteMs,
  )
})

describe('planted faults', () => {
  const seedsAtMost = 60
  it.each([
    ['an acknowledgement before the commit', acknowledgeBeforeCommit, /acknowledged up to|not in the hub's log/],
    ['a feed read by the clock', readFeedsByClock, /feed/],
    ['a missing look for duplicates', countDuplicates, /counts twice/],
  ])(
    '[OPS8] %s is found, and its faults are few',
    async (_what, mutation, words) => {
      for (let seed = 1; seed <= seedsAtMost; seed += 1) {
        const plan = { seed, faults: faultsOf(seed), mutation }
        const { violations } = await runWorld(plan)
        if (violations.length === 0) continue
        const { faults, outcome } = await shrink(plan, 10)
        expect(outcome.violations.join('\n')).toMatch(words)
        expect(faults.length).toBeLessThanOrEqual(plan.faults.length)
        return
      }
      expect.unreachable('it was not found')
    },
    10 * minuteMs,
  )
})
