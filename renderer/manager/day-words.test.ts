import { describe, expect, it } from 'vitest'
import { businessDayStateSchema } from '#sync/contract/ipc.ts'
import { describeDay, describeTillDay, listRanges } from './day-words.ts'

const ledger = { first: 1_001, last: 1_214, seen: 214, explained: {}, rolledOver: [], missing: [] }
const nothing = { suspended: 0, cancelled: 0, training: 0, quarantined: 0 }
const day = (change: Record<string, unknown> = {}, close = 'agrees', explained: Record<string, number> = {}, closedAt?: string) =>
  businessDayStateSchema.parse({
    businessDay: '2026-03-02',
    workstations: [{ workstationId: '2', ledger: { ...ledger, ...change, explained: { ...nothing, ...explained } }, close }],
    ...(closedAt ? { closedAt } : {}),
  })
const till = (...args: Parameters<typeof day>) => describeTillDay(day(...args).workstations[0]!, args[3])

describe('a till’s day in words', () => {
  it('[CMP1] says that all receipts are here, and what is among them', () => {
    expect(till()).toEqual({
      till: '2',
      numbers: '1001 to 1214',
      receipts: { tone: 'good', text: 'All 214 receipts are here', notes: [] },
      close: { tone: 'good', text: 'Closed; the till agrees' },
    })
    expect(till({}, 'agrees', { suspended: 2, cancelled: 1, training: 3 }).receipts.notes).toEqual([
      'Including 2 suspended, 1 cancelled and 3 for training.',
    ])
    expect(till({ first: 7, last: 7, seen: 1 })).toMatchObject({ numbers: '7', receipts: { text: 'The only receipt is here' } })
    expect(till({ first: undefined, last: undefined, seen: 0 })).toMatchObject({ numbers: '–', receipts: { text: 'No receipts yet' } })
  })

  it('[CMP1] names what is missing, and does not call a day whole that has unreadable receipts', () => {
    const missing = [
      { from: 1_043, to: 1_043 },
      { from: 1_051, to: 1_054 },
    ]
    expect(till({ seen: 209, missing }).receipts).toEqual({
      tone: 'bad',
      text: '5 receipt numbers are missing: 1043, 1051 to 1054',
      notes: ['209 receipts are here.'],
    })
    expect(till({ missing: missing.slice(0, 1) }).receipts.text).toBe('1 receipt number is missing: 1043')
    expect(till({}, 'open', { quarantined: 1 }).receipts).toEqual({
      tone: 'waiting',
      text: 'All 214 receipts are here',
      notes: ['1 of them could not be read: see “Could not be read”.'],
    })
  })

  it('[CMP2] says that the till began counting again', () => {
    expect(till({ rolledOver: [{ from: 9_990, to: 9_999 }] }).receipts).toEqual({
      tone: 'good',
      text: 'All 214 receipts are here',
      notes: ['The till began counting again: 9990 to 9999 were never used.'],
    })
  })

  it('[CMP4] says how the day was closed', () => {
    expect(till({}, 'open').close).toEqual({ tone: 'waiting', text: 'Not closed yet' })
    expect(till({}, 'open', {}, '2026-03-02T20:00:00.000Z').close.text).toBe('Closed; the till gave no totals of its own')
    expect(till({}, 'differs').close).toEqual({ tone: 'bad', text: 'Closed; the till’s totals differ, see “To check”' })
  })

  it('[CMP1] counts in numbers what does not fit on the list', () => {
    const holes = Array.from({ length: 10 }, (_, index) => ({ from: index * 10, to: index * 10 + 1 }))
    expect(listRanges(holes)).toBe('0 to 1, 10 to 11, 20 to 21, 30 to 31, 40 to 41, 50 to 51, 60 to 61, 70 to 71 and 4 more')
    expect(listRanges([])).toBe('')
  })

  it('[CMP1] [CMP4] the day as a whole is as its worst till', () => {
    expect(describeDay(day())).toEqual({ tone: 'good', text: 'Every receipt is here' })
    expect(describeDay(day({}, 'open', { quarantined: 2 }))).toEqual({ tone: 'waiting', text: '2 receipts could not be read' })
    expect(describeDay(day({}, 'differs'))).toEqual({ tone: 'bad', text: 'A till says otherwise' })
    expect(describeDay(day({ missing: [{ from: 3, to: 4 }] }, 'differs'))).toEqual({ tone: 'bad', text: '2 numbers are missing' })
  })
})
