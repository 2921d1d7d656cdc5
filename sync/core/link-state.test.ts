/** The link's transitions and its backoff. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullJitterMs, reconnectBounds } from './backoff.ts'
import { startingLink, stepLink, type LinkEvent, type LinkState } from './link-state.ts'

const run = (events: [LinkEvent, number?][], random = 0.5) => {
  let state: LinkState = startingLink(0)
  let nowMs = 0
  const delays: number[] = []
  for (const [event, afterMs = 0] of events) {
    nowMs += afterMs
    const step = stepLink(state, event, nowMs, random)
    state = step.state
    for (const effect of step.effects) if (effect.kind === 'retry-after') delays.push(effect.delayMs)
  }
  return { state, delays }
}
const lost: LinkEvent = { kind: 'lost', reason: 'cut' }
const retry: LinkEvent = { kind: 'retry' }

describe('link state', () => {
  it('[TRN10] backs off further at each failure, never beyond the cap, and starts afresh after a steady connection', () => {
    const failures = Array.from({ length: 12 }, (): [LinkEvent][] => [[lost], [retry]]).flat()
    const { delays } = run([[{ kind: 'start' }], ...failures])
    expect(delays.slice(0, 4)).toEqual([250, 500, 1_000, 2_000])
    expect(delays.at(-1)).toBe(reconnectBounds.capMs / 2)
    const steady = run([[{ kind: 'start' }], ...failures, [{ kind: 'welcomed' }], [lost, 60_000]])
    expect(steady.state).toMatchObject({ state: 'offline', attempt: 0 })
    const flapping = run([
      [{ kind: 'start' }],
      [lost],
      [retry],
      [{ kind: 'welcomed' }],
      [lost, 5],
      [retry],
      [{ kind: 'welcomed' }],
      [lost, 5],
    ])
    expect(flapping.delays).toEqual([250, 500, 1_000])
  })

  it('[TRN10] draws the whole range from nothing to the bound', () => {
    expect(fullJitterMs(3, 0, reconnectBounds)).toBe(0)
    expect(fullJitterMs(3, 0.999999, reconnectBounds)).toBe(4_000)
  })

  it('[TRN11] a fatal refusal is shown and retried slowly; a transient one is being offline', () => {
    const revoked = run([[{ kind: 'start' }], [{ kind: 'refused', code: 'REVOKED_DEVICE', message: 'no' }]])
    expect(revoked.state).toMatchObject({ state: 'refused', code: 'REVOKED_DEVICE' })
    expect(revoked.delays[0]).toBeGreaterThanOrEqual(15_000)
    const away = run([[{ kind: 'start' }], [{ kind: 'refused', code: 'HUB_UNAVAILABLE', message: 'later' }]])
    expect(away.state).toMatchObject({ state: 'offline', code: 'HUB_UNAVAILABLE' })
  })

  it('keeps telling since when the line is down while it tries', () => {
    expect(run([[{ kind: 'start' }], [{ kind: 'welcomed' }], [lost, 100], [retry, 50], [lost, 50], [retry, 10]]).state).toMatchObject({
      state: 'connecting',
      sinceMs: 100,
    })
  })

  it('[TRN10] in whatever order events come: a retry is scheduled on each way down, connecting only follows a wait', () => {
    const event = fc.constantFrom<LinkEvent>(
      { kind: 'start' },
      retry,
      { kind: 'sync-now' },
      { kind: 'welcomed' },
      lost,
      { kind: 'refused', code: 'INTERNAL', message: '' },
      { kind: 'refused', code: 'BELOW_FLOOR', message: '' },
      { kind: 'refused', code: 'HUB_BUSY', message: '', retryAfterMs: 60_000 },
      { kind: 'distrusted', reason: '' },
      { kind: 'resumed' },
      { kind: 'probed', answer: 'stranger' },
      { kind: 'probed', answer: 'nothing' },
    )
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let state: LinkState = startingLink(0)
        for (const next of events) {
          const step = stepLink(state, next, 0, 0.5)
          const cameDown = (step.state.state === 'offline' || step.state.state === 'refused') && step.state !== state
          const kinds = step.effects.map((e) => e.kind)
          const isAsked = next.kind === 'probed' || (next.kind === 'resumed' && state.state === 'online')
          if (isAsked) expect(kinds).toEqual(next.kind === 'resumed' ? ['check'] : [])
          else if (cameDown) expect(kinds.slice(0, 2)).toEqual(['disconnect', 'retry-after'])
          else expect(kinds).toEqual(step.state.state === 'connecting' && step.state !== state ? ['connect'] : [])
          if (kinds.includes('probe')) expect([state.state, next.kind]).toEqual(['connecting', 'lost'])
          if (step.state.state === 'online' && state.state !== 'online') expect(state.state).toBe('connecting')
          state = step.state
        }
      }),
    )
  })
})
