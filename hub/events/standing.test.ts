import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { retryPolicy, type Sent, type Standing, standingAfter, working } from './standing.ts'

const failed: Sent = { outcome: 'failed', message: 'no answer' }

it('[AVL24] pauses are random up to a bound that doubles, and as long as the subscriber asks for', () => {
  let standing: Standing = working
  const bounds: number[] = []
  for (let n = 0; n < 10; n++) {
    const after = standingAfter(standing, failed, 0, 1)
    expect(standingAfter(standing, failed, 0, 0).delayMs).toBe(0)
    bounds.push(after.delayMs)
    standing = after.standing
  }
  expect(bounds).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  expect(standingAfter(working, { ...failed, retryAfterMs: 90_000 }, 0, 0).delayMs).toBe(90_000)
  expect(standingAfter(working, { ...failed, retryAfterMs: 9e9 }, 0, 0).delayMs).toBe(retryPolicy.longestWishMs)
})

it('[AVL25] one that fails for long is down and tried rarely; the first delivery ends it, and one that is gone stays so', () => {
  const failing = standingAfter(working, failed, 1_000, 0.5).standing
  expect(standingAfter(failing, failed, 1_000 + retryPolicy.downAfterMs - 1, 0.5).standing.state).toBe('active')
  const down = standingAfter(failing, failed, 1_000 + retryPolicy.downAfterMs, 0)
  expect(down).toEqual({ standing: { state: 'down', failures: 2, failingSinceMs: 1_000 }, delayMs: retryPolicy.downCapMs / 2 })
  expect(standingAfter(down.standing, { outcome: 'delivered' }, 0, 0)).toEqual({ standing: working, delayMs: 0 })
  expect(standingAfter(working, { outcome: 'gone', message: '410' }, 5, 0).standing.state).toBe('gone')
})

it('[AVL25] whatever the answers: down only after failing for so long, and never with a delivery since', () => {
  const answer = fc.record({
    isDelivered: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 200_000 }),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 40 }), (answers) => {
      let [standing, nowMs, firstFailureMs]: [Standing, number, number | null] = [working, 0, null]
      for (const { isDelivered, afterMs, random } of answers) {
        nowMs += afterMs
        const next = standingAfter(standing, isDelivered ? { outcome: 'delivered' } : failed, nowMs, random)
        firstFailureMs = isDelivered ? null : (firstFailureMs ?? nowMs)
        expect(next.standing.state === 'down').toBe(firstFailureMs !== null && nowMs - firstFailureMs >= retryPolicy.downAfterMs)
        expect(next.delayMs).toBeGreaterThanOrEqual(0)
        expect(next.delayMs).toBeLessThanOrEqual(retryPolicy.downCapMs)
        standing = next.standing
      }
    }),
  )
})
