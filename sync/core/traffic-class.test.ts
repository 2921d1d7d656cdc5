import { describe, expect, it } from 'vitest'
import { laneOfEvent, laneOfPull } from './traffic-class.ts'

describe('classes of traffic', () => {
  it('[TRN18] records, reports and prices are urgent; comparisons and other changes routine; first loads and history bulk', () => {
    expect([laneOfEvent('batch'), laneOfEvent('packedBatch'), laneOfEvent('report'), laneOfPull('prices', true)]).toEqual(
      Array(4).fill('urgent'),
    )
    expect([laneOfEvent('compareDays'), laneOfEvent('repair'), laneOfPull('items', true), laneOfPull('postings', true)]).toEqual(
      Array(4).fill('routine'),
    )
    expect([laneOfEvent('fetch'), laneOfEvent('diagnostics'), laneOfPull('items', false), laneOfPull('prices', false)]).toEqual(
      Array(4).fill('bulk'),
    )
  })

  it('[OPS6] what the centre allows can always arrive, also on the first day', () => {
    expect([laneOfEvent('hello'), laneOfPull('settings', false), laneOfPull('settings', true)]).toEqual(Array(3).fill('session'))
  })
})
