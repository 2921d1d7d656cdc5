import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFairQueue, type Place, type Urgency } from './fair-queue.ts'

type Step = { add: Place } | 'take' | 'end'

const owner = fc.constantFrom('a', 'b', 'c', 'd')
const place = fc.record({ owner, urgency: fc.constantFrom<Urgency>('urgent', 'bulk') })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: place }) },
  { weight: 2, arbitrary: fc.constant<Step>('take') },
  { weight: 1, arbitrary: fc.constant<Step>('end') },
)

interface Job extends Place {
  number: number
}

/** Runs the steps; ends whatever is under way longest. Returns the jobs as they were added and taken. */
const play = (steps: readonly Step[], perOwner: number) => {
  const queue = createFairQueue<Job>(perOwner)
  const added: Job[] = []
  const taken: Job[] = []
  const underWay: string[] = []
  const take = (): boolean => {
    const next = queue.take()
    if (!next) return false
    taken.push(next.job)
    underWay.push(next.owner)
    for (const each of new Set(underWay)) expect(underWay.filter((name) => name === each).length).toBeLessThanOrEqual(perOwner)
    return true
  }
  const end = (): boolean => {
    const ended = underWay.shift()
    if (ended !== undefined) queue.ended(ended)
    return ended !== undefined
  }
  for (const each of steps) {
    if (each === 'take') take()
    else if (each === 'end') end()
    else {
      const job = { ...each.add, number: added.length }
      added.push(job)
      queue.add(each.add, job)
    }
    expect(queue.waiting()).toBe(added.length - taken.length)
  }
  while (take() || end());
  return { added, taken }
}

describe('the fair queue', () => {
  it('[TRN14] takes every job once, an owner’s of one urgency in order, never more of an owner at once than its bound', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (steps, perOwner) => {
        const { added, taken } = play(steps, perOwner)
        expect(taken.map(({ number }) => number).sort((a, b) => a - b)).toEqual(added.map(({ number }) => number))
        for (const urgency of ['urgent', 'bulk'])
          for (const name of ['a', 'b', 'c', 'd']) {
            const numbers = taken.filter((job) => job.owner === name && job.urgency === urgency).map(({ number }) => number)
            expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
          }
      }),
    )
  })

  it('[TRN14] a store’s first job waits for at most one of each other store, however many those have', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(owner, fc.integer({ min: 1, max: 50 })), { maxLength: 10 }), fc.nat(30), (crowd, takenBefore) => {
        const queue = createFairQueue<string>(1_000)
        for (const [name, count] of crowd) for (let n = 0; n < count; n++) queue.add({ owner: name, urgency: 'urgent' }, name)
        for (let n = 0; n < takenBefore; n++) queue.take()
        queue.add({ owner: 'last', urgency: 'urgent' }, 'last')
        const before: string[] = []
        for (let next = queue.take(); next && next.job !== 'last'; next = queue.take()) before.push(next.job)
        expect(new Set(before).size).toBe(before.length)
      }),
    )
  })

  it('[TRN14] urgent work goes before bulk, and bulk gets one turn in nine at the least', () => {
    const queue = createFairQueue<Urgency>(1_000)
    for (let n = 0; n < 40; n++) queue.add({ owner: 'bulk', urgency: 'bulk' }, 'bulk')
    for (let n = 0; n < 40; n++) queue.add({ owner: `store ${n % 7}`, urgency: 'urgent' }, 'urgent')
    const order = Array.from({ length: 45 }, () => queue.take()?.job)
    expect(order.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'urgent'))
    expect(order.filter((urgency) => urgency === 'bulk')).toHaveLength(5)
    expect(order[8]).toBe('bulk')
  })
})
