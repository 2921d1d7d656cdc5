import { describe, expect, it } from 'vitest'
import { viewWith } from '#test/shell/views.ts'
import { describeClock, describeForecast, describeUse, describeWindow, isDayUsedUp, type SyncView } from './traffic-words.ts'

const nowMs = Date.parse('2026-03-02T10:00:00.000Z')
const zone = 'Europe/Berlin'
const syncWith = (part: object = {}): SyncView =>
  viewWith({ sync: { windows: [], overridden: false, caps: { metered: false, usedBytesToday: 34_900_000 }, ...part } as SyncView }).sync!
const windowText = (window: object, overridden = false) =>
  describeWindow(syncWith({ windows: [{ class: 'bulk', ...window }] }).windows[0]!, overridden, nowMs, zone)

describe('talking to head office, in words', () => {
  it('[TRN19] says what may travel now and until when, by the store’s clocks', () => {
    expect(windowText({ open: true })).toEqual({ what: 'Large loads, such as the first item list', tone: 'good', text: 'At any time' })
    expect(windowText({ open: true, changesAt: '2026-03-02T12:30:00.000Z' }).text).toBe('Now, until 13:30')
    expect(windowText({ open: false, changesAt: '2026-03-02T23:30:00.000Z' })).toMatchObject({
      tone: 'waiting',
      text: 'Waits until Tue 3 Mar, 00:30',
    })
    expect(windowText({ open: false }).text).toBe('Waits until somebody asks for it with “Sync now”')
    expect(windowText({ open: false, changesAt: '2026-03-02T12:30:00.000Z' }, true)).toMatchObject({
      tone: 'good',
      text: 'Now, because somebody asked for it',
    })
    expect(windowText({ open: true }, true).text).toBe('At any time')
  })

  it('[TRN17] says that the clock is wrong, by how much and which way, and nothing while it is right', () => {
    const clockText = (offsetMs: number, drifting: boolean) => describeClock(syncWith({ clock: { offsetMs, drifting } }))?.text
    expect(clockText(420_000, true)).toContain('about 7 minutes ahead of head office')
    expect(clockText(-40_000, true)).toContain('about 1 minute behind head office')
    expect(clockText(800, false)).toBeUndefined()
    expect(describeClock(syncWith())).toBeNull()
  })

  it('[TRN20] says what was used, of how much, and when that is all', () => {
    expect(describeUse(syncWith())).toBe('34 MB')
    const caps = { metered: false, megabytesPerDay: 35, usedBytesToday: 34_900_000 }
    expect(describeUse(syncWith({ caps }))).toBe('34 MB of 35 MB')
    expect(isDayUsedUp(syncWith({ caps }))).toBe(false)
    expect(isDayUsedUp(syncWith({ caps: { ...caps, megabytesPerDay: 34 } }))).toBe(true)
    expect(isDayUsedUp(syncWith({ caps: { ...caps, megabytesPerDay: 34 }, overridden: true }))).toBe(false)
    expect(isDayUsedUp(syncWith())).toBe(false)
  })

  it('[TRN21] says when everything will be through, and admits what cannot be said', () => {
    const told = (forecast?: object) => describeForecast(syncWith(forecast ? { forecast } : {}), nowMs, zone)
    expect(told()).toEqual({ text: 'Nothing is waiting' })
    expect(told({ records: 1, catalogue: false, throughAt: '2026-03-02T10:05:00.000Z' })).toEqual({ text: 'About 11:05', note: '1 record' })
    expect(told({ records: 1_312, catalogue: true })).toEqual({
      text: 'Cannot be said yet',
      note: '1,312 records and changes from head office',
    })
  })
})
