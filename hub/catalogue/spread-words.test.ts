import { describe, expect, it } from 'vitest'
import { spreadWords, type StoreSpread } from './spread-words.ts'

const store = (change: Partial<StoreSpread>): StoreSpread => ({
  ...{ storeId: 'S1', checkpoint: 10, head: 20, missing: 0, due: 0, fastMoving: 0, since: null, reportedAt: '2026-01-31T09:00:00.000Z' },
  ...change,
})

describe('what a spread means', () => {
  it('[PRC7] is said in words: how many, where, since when, and how much of it matters', () => {
    expect(spreadWords('prices', [])).toBe('There is no store yet.')
    expect(spreadWords('prices', [store({})])).toBe('Every store has everything.')
    expect(spreadWords('prices', [store({ missing: 1, since: '2026-01-31T08:05:00.000Z' }), store({})])).toBe(
      '1 price change not yet at 1 store, since 2026-01-31 08:05 UTC; none of them in force yet.',
    )
    const two = [
      store({ missing: 312, due: 300, fastMoving: 18, since: '2026-01-31T08:05:00.000Z' }),
      store({ storeId: 'S2', missing: 7, due: 7, fastMoving: 1, since: '2026-01-30T08:05:00.000Z' }),
    ]
    expect(spreadWords('prices', two)).toBe(
      'Up to 312 price changes not yet at 2 stores, since 2026-01-30 08:05 UTC; up to 300 are in force already; up to 18 concern fast-moving items.',
    )
    expect(spreadWords('items', [store({ missing: 2, due: 2, since: null })])).toBe('2 changes of items not yet at 1 store.')
  })
})
