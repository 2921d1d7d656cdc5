import { describe, expect, it } from 'vitest'
import { laneOfEvent, laneOfPull } from './traffic-class.ts'

describe('classes of traffic', () => {
  it('[TRN18] records, reports and changes of the catalogue are urgent; comparisons and postings routine; first loads and history bulk', () => {
    expect([
      laneOfEvent('batch'),
      laneOfEvent('packedBatch'),
      laneOfEvent('report'),
      ...(['items', 'prices', 'assortment'] as const).map((f) => laneOfPull(f, true)),
    ]).toEqual(Array(6).fill('urgent'))
    expect([laneOfEvent('compareDays'), laneOfEvent('repair'), laneOfPull('postings', true)]).toEqual(Array(3).fill('routine'))
    expect([laneOfEvent('fetch'), laneOfEvent('diagnostics'), laneOfPull('items', false), laneOfPull('prices', false)]).toEqual(
      Array(4).fill('bulk'),
    )
  })

  it('[OPS6] what the centre allows can always arrive, also on the first day', () => {
    expect([laneOfEvent('hello'), laneOfPull('settings', false), laneOfPull('settings', true)]).toEqual(Array(3).fill('session'))
  })
})
