import { describe, expect, it } from 'vitest'
import { formatAge, formatMoment, formatTillTime } from './times.ts'

const now = Date.parse('2026-03-02T22:30:00.000Z')

describe('times for reading', () => {
  it('are the store’s own: the day changes at its midnight, not at Greenwich’s', () => {
    expect(formatMoment('2026-03-02T09:32:00.000Z', now, 'Europe/Berlin')).toBe('10:32')
    expect(formatMoment('2026-03-02T09:32:00.000Z', now, 'Asia/Tokyo')).toBe('Mon 2 Mar, 18:32')
    expect(formatMoment('2026-03-01T23:30:00.000Z', now, 'Europe/Berlin')).toBe('00:30')
    expect(formatMoment('2026-03-01T22:59:00.000Z', now, 'Europe/Berlin')).toBe('Sun 1 Mar, 23:59')
  })

  it('of a till are as printed, or converted where they carry an offset', () => {
    expect(formatTillTime('2026-03-02T18:59:07', 'Europe/Berlin')).toBe('18:59')
    expect(formatTillTime('2026-03-02T18:59:07+01:00', 'Europe/London')).toBe('17:59')
    expect(formatTillTime('2026-03-02T18:59:07Z', 'Europe/Berlin')).toBe('19:59')
  })

  it.each([
    [-60_000, 'a few seconds'],
    [59_000, 'a few seconds'],
    [60_000, '1 minute'],
    [59 * 60_000, '59 minutes'],
    [60 * 60_000, '1 hour'],
    [47 * 3_600_000, '47 hours'],
    [21 * 86_400_000, '21 days'],
  ])('ages: %i ms are %s', (ms, text) => {
    expect(formatAge(new Date(now - ms).toISOString(), now)).toBe(text)
  })
})
