/** Cron patterns in a store's zone, where the clocks change. */
import { describe, expect, it } from 'vitest'
import type { TrafficWindows } from '#sync/contract/traffic.ts'
import { windowStateAt } from '#sync/core/windows.ts'
import { readWindows } from '#sync/engine/windows.ts'

const ms = (text: string): number => Date.parse(text)
const bulkIn = (timeZone: string, ...bulk: NonNullable<TrafficWindows['bulk']>) => readWindows({ bulk }, timeZone).windows.bulk
/** "from–to" of each opening within the given time, in UTC. */
const openTimes = (windows: ReturnType<typeof bulkIn>, from: string, to: string): string[] => {
  const times: string[] = []
  for (let at = ms(from); at < ms(to);) {
    const { open, changesAtMs } = windowStateAt(windows, at)
    if (changesAtMs === undefined) break
    if (open) times.push(`${new Date(at).toISOString().slice(5, 16)}–${new Date(changesAtMs).toISOString().slice(5, 16)}`)
    at = changesAtMs
  }
  return times
}

describe('windows from cron patterns', () => {
  it('[TRN19] are read by the store’s clocks, also over midnight', () => {
    const night = { cron: '0 22 * * *', minutes: 480 }
    expect(openTimes(bulkIn('Europe/Berlin', night), '2026-03-02T12:00:00Z', '2026-03-04T12:00:00Z')).toEqual([
      '03-02T21:00–03-03T05:00',
      '03-03T21:00–03-04T05:00',
    ])
    expect(openTimes(bulkIn('Pacific/Auckland', night), '2026-03-02T12:00:00Z', '2026-03-03T12:00:00Z')[0]).toBe('03-02T12:00–03-02T17:00')
  })

  it('[TRN19] in an hour that is left out a window opens right behind it, and is as long as ever', () => {
    const atHalfPastTwo = { cron: '30 2 * * *', minutes: 60 }
    expect(openTimes(bulkIn('Europe/Berlin', atHalfPastTwo), '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '03-28T01:30–03-28T02:30',
      '03-29T01:00–03-29T02:00',
      '03-30T00:30–03-30T01:30',
    ])
    expect(openTimes(bulkIn('Pacific/Auckland', atHalfPastTwo), '2026-09-25T00:00:00Z', '2026-09-27T20:00:00Z')).toEqual([
      '09-25T14:30–09-25T15:30',
      '09-26T14:00–09-26T15:00',
      '09-27T13:30–09-27T14:30',
    ])
  })

  it('[TRN19] of an hour that comes twice the first one is meant, from wherever it is looked at', () => {
    const atHalfPastTwo = { cron: '30 2 * * *', minutes: 20 }
    const berlin = bulkIn('Europe/Berlin', atHalfPastTwo)
    expect(openTimes(berlin, '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '10-25T00:30–10-25T00:50',
      '10-26T01:30–10-26T01:50',
    ])
    for (let at = ms('2026-10-24T20:00:00Z'); at < ms('2026-10-25T20:00:00Z'); at += 7 * 60_000 + 123)
      expect(windowStateAt(berlin, at).open).toBe(at >= ms('2026-10-25T00:30:00Z') && at < ms('2026-10-25T00:50:00Z'))
    expect(openTimes(bulkIn('Pacific/Auckland', atHalfPastTwo), '2026-04-04T00:00:00Z', '2026-04-05T20:00:00Z')).toEqual([
      '04-04T13:30–04-04T13:50',
      '04-05T14:30–04-05T14:50',
    ])
  })

  it('[TRN19] a night across a change of the clocks is as long in time as any other', () => {
    const night = { cron: '0 22 * * *', minutes: 480 }
    expect(openTimes(bulkIn('Europe/Berlin', night), '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')).toEqual(['10-24T20:00–10-25T04:00'])
    expect(openTimes(bulkIn('Europe/Berlin', night), '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')).toEqual(['03-28T21:00–03-29T05:00'])
  })

  it('[TRN19] overlapping patterns are one window; six fields name seconds', () => {
    const windows = bulkIn(
      'UTC',
      { cron: '0 1 * * *', minutes: 90 },
      { cron: '0 2 * * *', minutes: 60 },
      { cron: '30 59 2 * * *', minutes: 2 },
    )
    expect(openTimes(windows, '2026-03-02T00:00:00Z', '2026-03-02T12:00:00Z')).toEqual(['03-02T01:00–03-02T03:01'])
    expect(windowStateAt(windows, ms('2026-03-02T03:01:29Z')).open).toBe(true)
    expect(windowStateAt(windows, ms('2026-03-02T03:01:30Z')).open).toBe(false)
  })

  it('[TRN19] a pattern that cannot be read is told, and closes nothing', () => {
    const broken = { cron: '99 25 * * *', minutes: 10 }
    const read = readWindows({ urgent: [broken], bulk: [broken, { cron: '0 1 * * *', minutes: 10 }], routine: [] }, 'Europe/Berlin')
    expect(read.unreadable).toEqual([broken.cron, broken.cron])
    expect(read.windows.urgent).toBeUndefined()
    expect(read.windows.bulk).toHaveLength(1)
    expect(read.windows.routine).toEqual([])
  })

  it('[TRN19] a day that no calendar has never opens', () => {
    expect(windowStateAt(bulkIn('Europe/Berlin', { cron: '0 1 30 2 *', minutes: 10 }), ms('2026-01-01T00:00:00Z'))).toEqual({ open: false })
  })
})
