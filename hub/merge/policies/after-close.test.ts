import { describe, expect, it } from 'vitest'
import { type ClosedTill, type DayClose, isCovered, judgeAfterClose } from './after-close.ts'

const till = (change: Partial<ClosedTill['ledger']> = {}, workstationId = '1'): ClosedTill => ({
  workstationId,
  ledger: { first: 1, last: 9, missing: [], rolledOver: [], ...change },
})
const close = (deviceId: string, ...tills: ClosedTill[]): DayClose => ({ deviceId, tills })
const receipt = (sequenceNumber: number, workstationId = '1', deviceId = 'dev-a') => ({ deviceId, workstationId, sequenceNumber })

describe('receipts of a closed day', () => {
  it('[MRG6] a close covers what its ledger has seen: not what was missing, never given, or comes behind it', () => {
    const closes = [close('dev-a', till({ missing: [{ from: 3, to: 4 }], rolledOver: [{ from: 7, to: 7 }] }))]
    expect([1, 2, 3, 4, 5, 7, 9, 10].map((number) => isCovered(receipt(number), closes))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      false,
    ])
    expect(isCovered(receipt(4), [...closes, close('dev-b', till())])).toBe(true)
    expect(isCovered(receipt(1), [close('dev-a', { workstationId: '1', ledger: { missing: [], rolledOver: [] } })])).toBe(false)
  })

  it('[MRG6] a close speaks for its tills and for its own device’s: another device’s till of the same store is not closed by it', () => {
    const closes = [close('dev-a', till())]
    expect(judgeAfterClose(receipt(10), [])).toMatchObject({ verdict: 'accept' })
    expect(judgeAfterClose(receipt(5), closes)).toMatchObject({ verdict: 'accept' })
    expect(judgeAfterClose(receipt(10), closes)).toMatchObject({ verdict: 'accept with exception' })
    expect(judgeAfterClose(receipt(1, '2'), closes)).toMatchObject({ verdict: 'accept with exception' })
    expect(judgeAfterClose(receipt(1, '2', 'dev-b'), closes)).toMatchObject({ verdict: 'accept', reason: 'the day is not closed yet' })
    expect(judgeAfterClose(receipt(10, '1', 'dev-b'), closes)).toMatchObject({ verdict: 'accept with exception' })
  })
})
