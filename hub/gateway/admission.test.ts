import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const limits = { perSecond: 100, burst: 20, atOnce: 1_000 }

/** Each store asks at its moment, and again when it was told to, `lateMs` late. Returns when each was let in. */
const comeBack = (firstMs: readonly number[], lateMs: (store: number) => number) => {
  const admission = createAdmission(limits)
  const asks = firstMs.map((atMs, store) => ({ atMs, store }))
  const admittedAt = new Map<number, number>()
  const toldFor: number[] = []
  while (asks.length > 0) {
    asks.sort((a, b) => b.atMs - a.atMs)
    const { atMs, store } = asks.pop()!
    const answer = admission.ask(`store ${store}`, atMs)
    if (answer.admitted) {
      admittedAt.set(store, atMs)
      admission.done()
    } else {
      toldFor.push(atMs + answer.retryAfterMs)
      asks.push({ atMs: atMs + answer.retryAfterMs + lateMs(store), store })
    }
  }
  return { admittedAt, toldFor }
}

const mostInOneSecond = (moments: readonly number[]): number =>
  Math.max(...moments.map((from) => moments.filter((at) => at >= from && at < from + 1_000).length))

describe('admission', () => {
  it('[TRN14] a thousand stores that come back as one are let in evenly, each at a moment of its own, each after one refusal', () => {
    const { admittedAt, toldFor } = comeBack(
      Array.from({ length: 1_000 }, () => 0),
      () => 0,
    )
    expect(admittedAt.size).toBe(1_000)
    expect(toldFor).toHaveLength(1_000 - limits.burst)
    expect(new Set(toldFor).size).toBe(toldFor.length)
    const moments = [...admittedAt.values()]
    expect(mostInOneSecond(moments)).toBeLessThanOrEqual(limits.perSecond + limits.burst)
    expect(Math.max(...moments)).toBeLessThan(11_000)
  })

  it('[TRN14] whenever they come, and however late they are: nobody waits for ever, and no second is overrun', () => {
    const arrivals = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(arrivals, fc.nat(500), (firstMs, jitterMs) => {
        const { admittedAt, toldFor } = comeBack(firstMs, (store) => (store * 7_919) % (jitterMs + 1))
        expect(admittedAt.size).toBe(firstMs.length)
        // A moment is kept for whoever has it, and being late shifts it by no more than that.
        expect(toldFor.length).toBeLessThanOrEqual(firstMs.length)
        expect(mostInOneSecond([...admittedAt.values()])).toBeLessThanOrEqual(2 * limits.perSecond + limits.burst)
      }),
      { numRuns: 50 },
    )
  })

  it('[TRN14] no more than so many are greeted at once; who comes before its moment is told the same moment', () => {
    const admission = createAdmission({ perSecond: 1_000, burst: 100, atOnce: 2 })
    expect([1, 2, 3].map((n) => admission.ask(`store ${n}`, 0).admitted)).toEqual([true, true, false])
    const early = admission.ask('store 3', 100)
    expect(early).toEqual({ admitted: false, retryAfterMs: 150 })
    admission.done()
    expect(admission.ask('store 3', 249).admitted).toBe(false)
    expect(admission.ask('store 3', 250)).toEqual({ admitted: true })
  })

  it('[TRN14] who is sent away for longer is not let in before', () => {
    const admission = createAdmission(limits)
    expect(admission.book('flood', 0, 60_000)).toBe(60_000)
    expect(admission.ask('flood', 59_000)).toEqual({ admitted: false, retryAfterMs: 1_000 })
    expect(admission.ask('another', 59_000)).toEqual({ admitted: true })
    expect(admission.ask('flood', 60_000)).toEqual({ admitted: true })
  })
})
