import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openingsAt } from '#test/fixtures/simulated-line.ts'
import { windowStateAt } from './windows.ts'

const minute = 60_000

describe('windows', () => {
  it('[TRN19] no windows: always open; an empty list: never', () => {
    expect(windowStateAt(undefined, 5)).toEqual({ open: true })
    expect(windowStateAt([], 5)).toEqual({ open: false })
    expect(windowStateAt([openingsAt([1], 1)], 5)).toEqual({ open: false })
  })

  it('[TRN19] is open from its first millisecond on, and closed from its last one on', () => {
    const window = [openingsAt([100, 1_000], 50)]
    expect(windowStateAt(window, 99)).toEqual({ open: false, changesAtMs: 100 })
    expect(windowStateAt(window, 100)).toEqual({ open: true, changesAtMs: 150 })
    expect(windowStateAt(window, 149)).toEqual({ open: true, changesAtMs: 150 })
    expect(windowStateAt(window, 150)).toEqual({ open: false, changesAtMs: 1_000 })
  })

  it('[TRN19] overlapping windows are one, whoever looks', () => {
    const windows = fc.array(
      fc.record({
        starts: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 6 }),
        length: fc.integer({ min: 1, max: 90 }),
      }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(windows, fc.integer({ min: 0, max: 600 }), (drawn, atMs) => {
        const isOpen = (ms: number): boolean => drawn.some((w) => w.starts.some((s) => s <= ms && ms < s + w.length))
        const state = windowStateAt(
          drawn.map((w) =>
            openingsAt(
              w.starts.toSorted((a, b) => a - b),
              w.length,
            ),
          ),
          atMs,
        )
        expect(state.open).toBe(isOpen(atMs))
        let changes = atMs
        while (changes < 700 && isOpen(changes) === state.open) changes += 1
        expect(state.changesAtMs).toBe(changes < 700 ? changes : undefined)
      }),
    )
  })

  it('[TRN19] of windows without a gap no end is told', () => {
    const everyMinute = { lengthMs: minute, nextAfter: (ms: number) => (Math.floor(ms / minute) + 1) * minute }
    expect(windowStateAt([everyMinute], 12_345)).toEqual({ open: true })
  })
})
