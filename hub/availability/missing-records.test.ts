import { expect, it } from 'vitest'
import { type KnownGap, missingOf, missingSince } from './missing-records.ts'

const numbers = (day: string, count: number): KnownGap => ({ kind: 'numbers', day, count })

it('[AVL13] a count ends the doubt about the days before its own, and about nothing else', () => {
  const missing = missingOf(2, [numbers('2026-05-01', 3), numbers('2026-05-02', 4), { kind: 'day', day: '2026-05-02', count: 30 }], 40)
  expect(missing).toEqual([
    { records: 2 },
    { day: '2026-05-01', records: 3 },
    { day: '2026-05-02', records: 4 },
    { day: '2026-05-02', records: 10 },
  ])
  expect([undefined, '2026-05-01', '2026-05-02', '2026-05-03'].map((day) => missingSince(missing, day))).toEqual([19, 19, 16, 2])
})

it('[AVL13] a counter that jumped is no more than a day; of a day that lacks records at least one is missing', () => {
  expect(missingOf(0, [numbers('2026-05-01', 900_000)], 12.2)).toEqual([{ day: '2026-05-01', records: 13 }])
  expect(missingOf(0, [numbers('2026-05-01', 5)], undefined)).toEqual([{ day: '2026-05-01', records: 5 }])
  expect(missingOf(0, [{ kind: 'day', day: '2026-05-01', count: 80 }], 40)).toEqual([{ day: '2026-05-01', records: 1 }])
})
