/** The link's transitions and its backoff. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullJitterMs, longestWordMs, reconnectBounds } from './backoff.ts'
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

  it('[TRN14] does not come back before the hub said, nor all at that moment, nor stay away for ever', () => {
    const busy = (retryAfterMs: number): LinkEvent => ({ kind: 'refused', code: 'HUB_BUSY', message: 'later', retryAfterMs })
    expect(run([[{ kind: 'start' }], [busy(40_000)]], 0).delays).toEqual([40_000])
    expect(run([[{ kind: 'start' }], [busy(40_000)]], 0.99).delays).toEqual([43_960])
    expect(run([[{ kind: 'start' }], [busy(3_600_000)]], 0).delays).toEqual([longestWordMs])
    expect(run([[{ kind: 'start' }], [busy(0)]], 0.5).delays).toEqual([250])
  })

  it('[TRN15] a hub that says what cannot be is asked again ever more slowly, however long the line held', () => {
    const untrue: LinkEvent = { kind: 'distrusted', reason: 'the hub acknowledged 900, further than was sent' }
    const once: [LinkEvent, number?][] = [[{ kind: 'welcomed' }], [untrue, 60_000], [retry]]
    const { delays } = run([[{ kind: 'start' }], ...once, ...once, ...once, ...once])
    expect(delays).toEqual([7_500, 10_000, 15_000, 25_000])
    const forgiven = run([[{ kind: 'start' }], ...once, ...once, [{ kind: 'welcomed' }], [untrue, 600_000]])
    expect(forgiven.delays.at(-1)).toBe(7_500)
    expect(forgiven.state).toMatchObject({ state: 'offline', message: 'the hub acknowledged 900, further than was sent' })
  })

  it('[TRN16] asks who answers when it could not connect, and shows it until it is otherwise', () => {
    const probed = (answer: 'hub' | 'nothing' | 'stranger' | 'proxy'): LinkEvent => ({ kind: 'probed', answer })
    expect(run([[{ kind: 'start' }], [lost], [probed('stranger')]]).state).toMatchObject({ state: 'offline', code: 'NETWORK_SIGN_IN' })
    expect(run([[{ kind: 'start' }], [lost], [probed('proxy')]]).state).toMatchObject({ state: 'offline', code: 'PROXY_REFUSED' })
    expect(run([[{ kind: 'start' }], [lost], [probed('nothing')]]).state).not.toHaveProperty('code')
    const still = run([[{ kind: 'start' }], [lost], [probed('stranger')], [retry], [lost]])
    expect(still.state).toMatchObject({ code: 'NETWORK_SIGN_IN' })
    expect(run([[{ kind: 'start' }], [lost], [probed('stranger')], [retry], [lost], [probed('hub')]]).state).not.toHaveProperty('code')
  })

  it('[TRN16] a hub that is busy stays so whoever answers, and an answer that comes late changes nothing', () => {
    const busy: LinkEvent = { kind: 'refused', code: 'HUB_BUSY', message: 'later' }
    expect(run([[{ kind: 'start' }], [busy], [{ kind: 'probed', answer: 'hub' }]]).state).toMatchObject({ code: 'HUB_BUSY' })
    const late = run([[{ kind: 'start' }], [lost], [retry], [{ kind: 'probed', answer: 'stranger' }]])
    expect(late.state).toEqual({ state: 'connecting', sinceMs: 0, attempt: 1 })
  })

  it('[TRN16] after a sleep it connects at once, and doubts a line that seems up', () => {
    const offline = run([[{ kind: 'start' }], ...Array.from({ length: 9 }, (): [LinkEvent][] => [[lost], [retry]]).flat(), [lost]]).state
    expect(stepLink(offline, { kind: 'resumed' }, 0, 0.5)).toMatchObject({
      state: { state: 'connecting', attempt: 0 },
      effects: [{ kind: 'connect' }],
    })
    const online = run([[{ kind: 'start' }], [{ kind: 'welcomed' }]]).state
    expect(stepLink(online, { kind: 'resumed' }, 0, 0.5)).toEqual({ state: online, effects: [{ kind: 'check' }] })
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
