import { describe, expect, it } from 'vitest'
import { transactionStates } from '#sync/contract/ipc.ts'
import { transactionAt } from '#test/shell/views.ts'
import { filterRows, toTransactionRow } from './transaction-rows.ts'

const rows = Array.from({ length: 50 }, (_, index) => toTransactionRow(transactionAt(index), 'Europe/Berlin'))

describe('transaction rows', () => {
  it('are worded: kind, amount, state, reason', () => {
    expect(rows[4]).toMatchObject({
      time: '18:55',
      till: '2',
      number: 996,
      kind: 'Drawer opened',
      amount: '€17.98',
      stateWords: 'Needs attention',
    })
    expect(rows[4]!.reason).toMatchObject({ detail: 'line 2, barcode 4006381333931' })
    expect(toTransactionRow({ ...transactionAt(0), kind: 'lottery' }, 'UTC').kind).toBe('lottery')
  })

  it('are filtered without loss and without reordering', () => {
    expect(filterRows(rows, 'all')).toEqual(rows)
    const waiting = filterRows(rows, 'waiting')
    const attention = filterRows(rows, 'attention')
    expect([waiting.length, attention.length]).toEqual([10, 10])
    expect(waiting.every((row) => row.state === 'captured') && attention.every((row) => row.state === 'held')).toBe(true)
    expect(rows.filter((row) => waiting.includes(row))).toEqual(waiting)
    expect(new Set(rows.map((row) => row.state))).toEqual(new Set(transactionStates))
  })
})
