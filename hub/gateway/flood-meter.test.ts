import { describe, expect, it } from 'vitest'
import { createFloodMeter } from './flood-meter.ts'

describe('a connection’s faults', () => {
  it('[TRN14] are forgiven when few, slow it when many, and end it when they go on', () => {
    const judge = createFloodMeter({ slowedFrom: 3, dismissedFrom: 6, forgivenPerSecond: 1 })
    expect([1, 2, 3, 4, 5, 6].map(() => judge(0))).toEqual(['forgiven', 'forgiven', 'slowed', 'slowed', 'slowed', 'dismissed'])
  })

  it('[TRN8] one now and then never slows it', () => {
    const judge = createFloodMeter({ slowedFrom: 3, dismissedFrom: 6, forgivenPerSecond: 1 })
    for (let second = 0; second < 1_000; second++) expect(judge(second * 1_000)).toBe('forgiven')
  })
})
