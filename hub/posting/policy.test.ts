import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PostOutcome } from './connector.ts'
import { type Circuit, circuitAllows, type CircuitEvent, closedCircuit, turnCircuit } from './circuit.ts'
import { afterFault, afterLookUp, afterPost, backoffMs, firstMove, type NextPosting, type PostingAttempt, postingPolicy } from './policy.ts'

const attempt: PostingAttempt = {
  key: 'S1|T1|2026-01-01|1',
  state: 'waiting',
  step: null,
  attempts: 1,
  amountMinor: 645,
  currency: 'EUR',
  abandoned: false,
}

/** An ERP in one number: what it really has of the posting, and how the next call goes. */
type Turn = 'ok' | 'lost-before' | 'lost-after' | 'busy' | 'worker-died' | 'fault'
const turns = fc.array(fc.constantFrom<Turn>('ok', 'lost-before', 'lost-after', 'busy', 'worker-died', 'fault'), { maxLength: 60 })

describe('posting policy', () => {
  it('[HUB5] [HUB6] whatever goes wrong, a posting ends posted, with one document', () => {
    fc.assert(
      fc.property(turns, fc.double({ min: 0, max: 0.999, noNaN: true }), (script, random) => {
        let documents = 0
        let row = attempt
        let ended: NextPosting | null = null
        const post = (turn: Turn): PostOutcome => {
          // The connector looks up before it creates.
          if (turn === 'busy') return { outcome: 'retry', message: 'busy' }
          if (turn === 'lost-before') return { outcome: 'unknown', message: 'lost' }
          if (documents === 0) documents++
          return turn === 'lost-after'
            ? { outcome: 'unknown', message: 'lost' }
            : { outcome: 'posted', erpReference: 'R1', totalMinor: 645 }
        }
        // After the script the ERP behaves, so every posting must end.
        for (const turn of [
          ...script.filter((t, i) => t !== 'fault' || script.slice(0, i).filter((x) => x === 'fault').length < postingPolicy.faults - 1),
          ...Array<Turn>(6).fill('ok'),
        ]) {
          if (ended) break
          row = { ...row, attempts: row.attempts + 1 }
          if (turn === 'worker-died') {
            row = { ...row, abandoned: true }
            continue
          }
          const found = documents > 0 ? { erpReference: 'R1', totalMinor: 645, complete: true } : null
          const looked = firstMove(row) === 'look-up' ? afterLookUp(row, found, random) : 'post'
          const next = looked !== 'post' ? looked : turn === 'fault' ? afterFault(row, 'bug', random) : afterPost(row, post(turn), random)
          if (next.state === 'posted' || next.state === 'held') ended = next
          else row = { ...row, state: next.state, step: next.step, abandoned: false }
        }
        expect(ended).toMatchObject({ state: 'posted' })
        expect(documents).toBe(1)
      }),
    )
  })

  it('[HUB6] one empty look-up is not proof', () => {
    const first = afterLookUp({ ...attempt, state: 'in-doubt' }, null, 0)
    expect(first).toMatchObject({ state: 'in-doubt', step: 'empty-lookups:1' })
    expect(afterLookUp({ ...attempt, state: 'in-doubt', step: 'empty-lookups:1' }, null, 0)).toBe('post')
  })

  it('[HUB10] the ERP being away never holds a posting, whatever the count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
        const next = afterPost({ ...attempt, attempts }, { outcome: 'retry', message: 'away' }, random)
        expect(next.state).toBe('waiting')
        expect(backoffMs(attempts, random, 500, 60_000)).toBeLessThanOrEqual(60_000)
        expect(backoffMs(attempts, random, 500, 60_000)).toBeGreaterThanOrEqual(250)
      }),
    )
  })

  it('[HUB10] waits at least as long as the ERP asks', () => {
    expect(afterPost(attempt, { outcome: 'retry', message: 'slow down', retryAfterMs: 7_000 }, 0)).toMatchObject({ delayMs: 7_000 })
  })

  it('[HUB7] [HUB10] a fault of ours is tried a few times, then held', () => {
    let row = attempt
    const states: string[] = []
    for (let i = 0; i < postingPolicy.faults; i++) {
      const next = afterFault(row, 'bug', 0.5)
      states.push(next.state)
      if (next.state === 'waiting') row = { ...row, step: next.step }
    }
    expect(states).toEqual([...Array<string>(postingPolicy.faults - 1).fill('waiting'), 'held'])
  })

  it('[HUB4] a differing total is held, found or posted', () => {
    expect(afterPost(attempt, { outcome: 'posted', erpReference: 'R1', totalMinor: 644 }, 0)).toMatchObject({
      state: 'held',
      kind: 'POSTING_TOTAL_DIFFERS',
    })
    expect(afterLookUp(attempt, { erpReference: 'R1', totalMinor: Number.NaN, complete: true }, 0)).toMatchObject({ state: 'held' })
  })
})

describe('ERP circuit', () => {
  const event = fc.oneof(
    fc.constant<CircuitEvent>({ event: 'answered' }),
    fc.constant<CircuitEvent>({ event: 'failed' }),
    fc.integer({ min: 0, max: 5_000 }).map((retryAfterMs): CircuitEvent => ({ event: 'failed', retryAfterMs })),
    fc.constant<CircuitEvent>({ event: 'ping-answered' }),
    fc.constant<CircuitEvent>({ event: 'ping-failed' }),
  )

  it('[HUB10] is never stuck: from anywhere, an ERP that answers gets everything again', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let circuit: Circuit = closedCircuit
        let nowMs = 0
        for (const each of events) circuit = turnCircuit(circuit, each, (nowMs += 10), 0.5)
        nowMs += 60_000
        circuit = turnCircuit(circuit, { event: 'ping-answered' }, nowMs, 0.5)
        expect(circuitAllows(circuit, nowMs, 4)).toBeGreaterThanOrEqual(1)
        circuit = turnCircuit(circuit, { event: 'answered' }, nowMs, 0.5)
        expect(circuitAllows(circuit, nowMs, 4)).toBe(4)
      }),
    )
  })

  it('[HUB10] opens after failures in a row, lets one try when a ping answers, and opens again if it fails', () => {
    let circuit: Circuit = closedCircuit
    for (let i = 0; i < 3; i++) circuit = turnCircuit(circuit, { event: 'failed' }, 0, 0)
    expect(circuitAllows(circuit, 1_000_000, 4)).toBe(0)
    circuit = turnCircuit(circuit, { event: 'ping-answered' }, 10, 0)
    expect(circuitAllows(circuit, 10, 4)).toBe(1)
    expect(turnCircuit(circuit, { event: 'failed' }, 20, 0)).toMatchObject({ state: 'open', round: 2 })
  })

  it('[HUB10] a rate limit pauses and does not open', () => {
    let circuit: Circuit = closedCircuit
    for (let i = 0; i < 9; i++) circuit = turnCircuit(circuit, { event: 'failed', retryAfterMs: 1_000 }, 0, 0)
    expect(circuitAllows(circuit, 500, 4)).toBe(0)
    expect(circuitAllows(circuit, 1_000, 4)).toBe(4)
  })
})
