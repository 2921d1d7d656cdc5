import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTillTime } from './till-time.ts'

const read = (text: string, zone: string): string => {
  const time = readTillTime(text, zone)
  return time ? `${time.instant} ${time.certainty}` : 'none'
}

describe('a till time', () => {
  it.each([
    ['2026-01-31T08:15:00Z', 'Europe/Berlin', '2026-01-31T08:15:00.000Z stated'],
    ['2026-01-31T08:15:00+02:00', 'Europe/Berlin', '2026-01-31T06:15:00.000Z stated'],
    ['2026-01-31T08:15:00.1259-03:30', 'Europe/Berlin', '2026-01-31T11:45:00.125Z stated'],
    ['2026-01-31T08:15', 'Europe/Berlin', '2026-01-31T07:15:00.000Z zoned'],
    ['2026-07-31T08:15:00', 'Europe/Berlin', '2026-07-31T06:15:00.000Z zoned'],
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z skipped'],
    ['2026-03-29T03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z zoned'],
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z repeated'],
    ['2026-10-25T01:59:59', 'Europe/Berlin', '2026-10-24T23:59:59.000Z zoned'],
    ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z zoned'],
    ['2026-03-08T02:30:00', 'America/New_York', '2026-03-08T07:30:00.000Z skipped'],
    ['2026-11-01T01:30:00', 'America/New_York', '2026-11-01T05:30:00.000Z repeated'],
    ['2026-10-04T02:15:00', 'Australia/Lord_Howe', '2026-10-03T15:45:00.000Z skipped'],
    ['2026-10-04T02:30:00', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z zoned'],
    ['2026-04-05T01:45:00', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z repeated'],
    ['2026-02-15T02:30:00', 'Africa/Casablanca', '2026-02-15T01:30:00.000Z repeated'],
    ['2026-03-22T02:30:00', 'Africa/Casablanca', '2026-03-22T02:30:00.000Z skipped'],
    ['2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z skipped'],
  ])('[CAP20] %s in %s is %s', (text, zone, expected) => {
    expect(read(text, zone)).toBe(expected)
  })

  it.each([
    ['2026-02-29T08:15:00', 'UTC'],
    ['2026-01-31T24:00:00', 'UTC'],
    ['31.01.2026 08:15', 'UTC'],
    ['', 'UTC'],
    ['2026-01-31T08:15:00', 'Nowhere/Else'],
    ['0000-01-01T00:30:00+02:00', 'UTC'],
  ])('[CAP20] "%s" in %s has none', (text, zone) => {
    expect(read(text, zone)).toBe('none')
  })

  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Kolkata', 'America/St_Johns', 'UTC']
  const clocks = new Map(
    zones.map((zone) => [zone, new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })]),
  )
  const wallOf = (ms: number, zone: string): string => clocks.get(zone)!.format(ms).replace(' ', 'T')
  const quarter = 900_000
  const years = { min: Date.UTC(1990, 0, 1) / quarter, max: Date.UTC(2060, 0, 1) / quarter }

  it('[CAP20] is the first moment at which the clocks of the zone showed it, for any moment', () => {
    fc.assert(
      fc.property(fc.integer(years), fc.constantFrom(...zones), (quarters, zone) => {
        const wall = wallOf(quarters * quarter, zone)
        const time = readTillTime(wall, zone)
        const shown: number[] = []
        for (let at = quarters - 12; at <= quarters + 12; at += 1) if (wallOf(at * quarter, zone) === wall) shown.push(at * quarter)
        expect(time?.instant).toBe(new Date(shown[0] ?? 0).toISOString())
        expect(time?.certainty).toBe(shown.length === 1 ? 'zoned' : 'repeated')
      }),
      { numRuns: 300 },
    )
  })

  it('[CAP20] finds each change of the clocks, and says what it did to every quarter of an hour around it', () => {
    for (const zone of zones) {
      const found = { zoned: 0, repeated: 0, skipped: 0, stated: 0 }
      const shown = new Map<string, number>()
      const from = Date.UTC(2026, 0, 1) / quarter
      const until = Date.UTC(2027, 0, 2) / quarter
      for (let at = from - 96; at < until + 96; at += 1) {
        const wall = wallOf(at * quarter, zone)
        if (!shown.has(wall)) shown.set(wall, at * quarter)
      }
      for (let wallMs = from * quarter; wallMs < until * quarter; wallMs += quarter) {
        const wall = new Date(wallMs).toISOString().slice(0, 19)
        const time = readTillTime(wall, zone)
        const first = shown.get(wall)
        found[time?.certainty ?? 'stated'] += 1
        if (first === undefined) expect(`${wall} ${time?.certainty}`).toBe(`${wall} skipped`)
        else expect(Date.parse(time?.instant ?? ''), wall).toBe(first)
      }
      const changes = zone === 'UTC' || zone === 'Asia/Kolkata' ? 0 : zone === 'Australia/Lord_Howe' ? 2 : 4
      // How often Morocco turns its clocks in a year follows the moon.
      if (zone === 'Africa/Casablanca') expect(found.skipped * found.repeated).toBeGreaterThan(0)
      else expect([zone, found.skipped, found.repeated]).toEqual([zone, changes, changes])
    }
  })
})
