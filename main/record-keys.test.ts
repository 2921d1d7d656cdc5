import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, naturalKeyOf } from '#sync/contract/transaction.ts'
import { anyTransaction, saleOf } from '#test/fixtures/transactions.ts'
import { keyOfRecord, placeOf, transactionKey } from './record-keys.ts'

/** As a reader does it that trusts nothing but JSON. */
const parsedKey = (payload: string): string | null => {
  try {
    return transactionKey(JSON.parse(payload))
  } catch {
    return null
  }
}
const keyOf = (payload: string): string | null => keyOfRecord({ kind: 'transaction', payload })

describe('record keys', () => {
  it('[CAP5] a key read off the canonical text is the one that parsing gives', () => {
    fc.assert(
      fc.property(anyTransaction, (transaction) => {
        const payload = canonicalText(transaction)
        expect(keyOf(payload)).toBe(`t|${naturalKeyOf(transaction)}`)
        expect(keyOf(payload)).toBe(parsedKey(payload))
      }),
    )
  })

  it('[CAP5] ids that need escapes, or look like the next field, keep their key', () => {
    for (const id of [
      '"',
      '\\',
      'a"b',
      '","workstationId":"x',
      '\\","sequenceNumber":7',
      '|',
      "'",
      '{',
      '}',
      '[',
      ']',
      ' '.padEnd(31, '!').trim(),
    ]) {
      const payload = canonicalText({ ...saleOf(1), storeId: id as never, workstationId: id as never })
      expect(keyOf(payload)).toBe(parsedKey(payload))
    }
  })

  it('[CAP5] what is written in another way is parsed: spaces, another order, a number that is none', () => {
    const { storeId, workstationId, businessDay, sequenceNumber } = saleOf(7)
    const fields = { sequenceNumber, businessDay, workstationId, storeId, more: 1 }
    expect(keyOf(JSON.stringify(fields))).toBe('t|9|34|2026-01-31|7')
    expect(keyOf(JSON.stringify({ storeId, workstationId, businessDay, sequenceNumber }, null, 1))).toBe('t|9|34|2026-01-31|7')
    expect(keyOf('{"storeId":"9","workstationId":"34","businessDay":"2026-01-31","sequenceNumber":1e2}')).toBe('t|9|34|2026-01-31|100')
    for (const [field, value] of [
      ['businessDay', '2026-02-29'],
      ['businessDay', '2026-04-31'],
      ['businessDay', '2026-13-01'],
      ['storeId', ''],
      ['storeId', ' 9'],
      ['sequenceNumber', 1.5],
      ['sequenceNumber', 'x'],
    ])
      expect(keyOf(JSON.stringify({ storeId, workstationId, businessDay, sequenceNumber, [field as string]: value }))).toBeNull()
    expect(keyOf('no JSON')).toBeNull()
  })

  it('[CAP5] every day of the calendar is read alike in both ways', () => {
    for (let day = Date.UTC(2023, 11, 25); day < Date.UTC(2025, 0, 5); day += 86_400_000) {
      const businessDay = new Date(day).toISOString().slice(0, 10)
      expect(placeOf(canonicalText(saleOf(1, { businessDay })))).toMatchObject({ businessDay, sequenceNumber: 1 })
    }
  })
})
