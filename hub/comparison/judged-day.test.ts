import { dayDigestSchema } from '#sync/contract/comparison.ts'
import { describe, expect, it } from 'vitest'
import { type DayFindings, judgeDay } from './judged-day.ts'

const day = dayDigestSchema.parse({
  ...{ businessDay: '2026-01-31', incarnation: 'abcdefghijkl', spans: [{ fromSeq: 1, toSeq: 4 }], count: 4, digest: 'aaaaaaaaaaaaaaaa' },
  totals: [{ currency: 'EUR', count: 4, grandMinor: 400 }],
})
const found = (change: Partial<DayFindings> = {}, counts: Partial<DayFindings['counts']> = {}): DayFindings => ({
  ...{ wanted: [], isAhead: false, isSalesBehind: false },
  counts: {
    count: 4,
    digest: day.digest,
    counted: new Map([['EUR', { count: 4, grandMinor: 400 }]]),
    uncounted: 0,
    setAside: [],
    ...counts,
  },
  ...change,
})

describe('a business day at store and hub', () => {
  it('[TRN22] what is missing is said first, then what is not here yet, then what differs, then what is not counted yet', () => {
    const wanted = [{ fromSeq: 2, toSeq: 2 }]
    const all = { wanted, isAhead: true, isSalesBehind: true }
    const other = { digest: 'b'.repeat(16), counted: new Map() }
    expect(judgeDay(day, found(all, other))).toEqual({ outcome: 'lacks', wanted })
    expect(judgeDay(day, found({ ...all, wanted: [] }, other))).toEqual({ outcome: 'waiting' })
    expect(judgeDay(day, found({ isSalesBehind: true }, other))).toEqual({ outcome: 'differs', why: 'records' })
    expect(judgeDay(day, found({ isSalesBehind: true }, { counted: new Map() }))).toEqual({ outcome: 'waiting' })
    expect(judgeDay(day, found({}, { counted: new Map() }))).toMatchObject({ outcome: 'differs', why: 'sums' })
    expect(judgeDay(day, found())).toEqual({ outcome: 'agrees' })
  })

  it('[TRN22] fewer records under the same numbers differ, also where their digest is the same', () => {
    expect(judgeDay(day, found({}, { count: 3 }))).toEqual({ outcome: 'differs', why: 'records' })
  })

  it('[TRN22] what is set aside stands on the hub’s side; one that cannot be read still has its number', () => {
    const three = new Map([['EUR', { count: 3, grandMinor: 290 }]])
    expect(judgeDay(day, found({}, { counted: three, setAside: [{ currency: 'EUR', grandMinor: 110 }] }))).toEqual({ outcome: 'agrees' })
    expect(judgeDay(day, found({}, { counted: three, setAside: [{ currency: 'EUR', grandMinor: 100 }] }))).toMatchObject({
      differences: [{ currency: 'EUR', store: { count: 4, grandMinor: 400 }, hub: { count: 4, grandMinor: 390 } }],
    })
    expect(judgeDay(day, found({}, { counted: three, setAside: [null] }))).toEqual({ outcome: 'agrees' })
    expect(judgeDay(day, found({}, { counted: three, setAside: [null, null] }))).toMatchObject({ outcome: 'differs', why: 'sums' })
    expect(judgeDay(day, found({}, { counted: new Map([...three, ['SEK', { count: 1, grandMinor: 110 }]]) }))).toMatchObject({
      differences: [{ currency: 'EUR' }, { currency: 'SEK', store: { count: 0, grandMinor: 0 } }],
    })
  })
})
