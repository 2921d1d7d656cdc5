import { describe, expect, it } from 'vitest'
import { createManualClock } from '#test/shell/manual-clock.ts'
import { createEngineSupervisor, type EngineWindow } from './engine-supervisor.ts'

/** Windows whose pulse and end the test decides. */
const setUp = (random = 1) => {
  const clock = createManualClock()
  const windows: { gone: (reason: string) => void; hangs: boolean; closed: boolean; openedAt: number }[] = []
  const states: string[] = []
  const troubles: string[] = []
  const supervisor = createEngineSupervisor({
    open: (onGone): EngineWindow => {
      const window = { gone: onGone, hangs: false, closed: false, openedAt: clock.nowMs() }
      windows.push(window)
      return {
        beat: () => (window.hangs ? new Promise(() => undefined) : Promise.resolve(0)),
        kill: () => onGone('killed'),
        close: () => {
          window.closed = true
          onGone('closed')
        },
      }
    },
    after: clock.after,
    nowMs: clock.nowMs,
    random: () => random,
    onState: (state) => states.push(state),
    onTrouble: (message) => troubles.push(message),
  })
  const current = () => windows.at(-1)!
  return { clock, supervisor, windows, states, troubles, current }
}

describe('the engine’s supervisor', () => {
  it('[CAP12] opens another window when one is gone, and closes the dead one', async () => {
    const { clock, supervisor, windows, states, current } = setUp()
    supervisor.start()
    supervisor.markRunning()
    current().gone('crashed')
    expect(windows).toHaveLength(1)
    await clock.advance(1_000)
    expect(windows.map((w) => w.closed)).toEqual([true, false])
    supervisor.markRunning()
    supervisor.markRunning()
    expect(states).toEqual(['starting', 'running', 'restarting', 'running'])
  })

  it('[CAP12] is not confused by a window that ends twice, or late', async () => {
    const { clock, supervisor, windows } = setUp()
    supervisor.start()
    const [first] = windows
    first?.gone('crashed')
    first?.gone('crashed')
    await clock.advance(1_000)
    first?.gone('late')
    await clock.advance(60_000)
    expect(windows.map((w) => w.closed)).toEqual([true, false])
  })

  it('[CAP12] pauses longer after each early end, at most half a minute, and never gives up', async () => {
    const { clock, supervisor, windows, current } = setUp()
    supervisor.start()
    for (let i = 0; i < 9; i++) {
      current().gone('crashed')
      await clock.advance(30_000)
    }
    const pauses = windows.slice(1).map((w, index) => w.openedAt - index * 30_000)
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000])
  })

  it('starts the pauses anew after a steady life', async () => {
    const { clock, supervisor, windows, current } = setUp()
    supervisor.start()
    for (let i = 0; i < 5; i++) {
      current().gone('crashed')
      await clock.advance(30_000)
    }
    supervisor.markRunning()
    await clock.advance(120_000)
    const goneAt = clock.nowMs()
    current().gone('crashed')
    await clock.advance(500)
    expect(windows.at(-1)!.openedAt).toBe(goneAt + 500)
  })

  it('[CAP12] ends a window that misses its beat twice, but forgives it once', async () => {
    const { clock, supervisor, windows, troubles, current } = setUp()
    supervisor.start()
    supervisor.markRunning()
    current().hangs = true
    await clock.advance(15_000 + 20_000)
    current().hangs = false
    await clock.advance(60_000)
    expect([windows.length, troubles]).toEqual([1, []])
    current().hangs = true
    await clock.advance(2 * (15_000 + 20_000) + 1_000)
    expect(windows.length).toBe(2)
    expect(troubles[0]).toContain('no longer answers')
  })

  it('ends a window that shows no work for ten minutes', async () => {
    const { clock, supervisor, windows, troubles } = setUp()
    supervisor.start()
    await clock.advance(599_000)
    expect(windows).toHaveLength(1)
    await clock.advance(3_000)
    expect([windows.length, troubles[0]]).toEqual([2, 'The engine window shows no work and is ended.'])
  })

  it('[CAP3] opens another window at once when asked to, in a pause too, and only one', async () => {
    const { clock, supervisor, windows, troubles, current } = setUp()
    supervisor.start()
    const first = current()
    supervisor.restart()
    first.gone('closed by us')
    await clock.advance(1_000)
    expect([windows.length, troubles]).toEqual([2, []])
    current().gone('crashed')
    supervisor.restart()
    await clock.advance(60_000)
    expect(windows.length).toBe(3)
    supervisor.stop()
    supervisor.restart()
    expect(windows.length).toBe(3)
  })

  it('opens nothing after it was stopped, and leaves no timer that could', async () => {
    const { clock, supervisor, windows, current } = setUp()
    supervisor.start()
    const first = current()
    first.gone('crashed')
    supervisor.stop()
    first.gone('again')
    await clock.advance(3_600_000)
    expect(windows).toHaveLength(1)
  })
})
