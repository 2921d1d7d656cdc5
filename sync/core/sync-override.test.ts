import { describe, expect, it } from 'vitest'
import { stepOverride, type OverrideEvent, type SyncOverride } from './sync-override.ts'

const asked: SyncOverride = { throughSeq: 120, feeds: ['items', 'prices'], tickets: [7] }
const after = (...events: OverrideEvent[]): SyncOverride | null =>
  events.reduce<SyncOverride | null>((override, event) => override && stepOverride(override, event), asked)

describe('sync now', () => {
  const all: OverrideEvent[] = [
    { kind: 'feed-ended', feed: 'items' },
    { kind: 'acknowledged', ackedSeq: 120 },
    { kind: 'done', ticket: 7 },
    { kind: 'feed-ended', feed: 'prices' },
  ]
  it('[TRN19] ends with the last of what waited, in whatever order', () => {
    expect(after(...all)).toBeNull()
    expect(after(...all.toReversed())).toBeNull()
    for (const [left] of all.entries()) expect(after(...all.filter((_, index) => index !== left))).not.toBeNull()
  })

  it('[TRN19] does not wait for sales that came later, and is not through before the last that stood there', () => {
    expect(after({ kind: 'acknowledged', ackedSeq: 119 })?.throughSeq).toBe(120)
    expect(after({ kind: 'acknowledged', ackedSeq: 500 })?.throughSeq).toBe(0)
  })

  it('[TRN19] goes on over a lost line; only requests that were lost with it are not waited for', () => {
    expect(after({ kind: 'lost' })).toEqual({ ...asked, tickets: [] })
  })
})
