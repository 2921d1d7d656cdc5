import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openExceptionSchema } from '#sync/contract/ipc.ts'
import { genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import { anyTransaction, saleOf } from '#test/fixtures/transactions.ts'
import { createBooks } from './books.ts'
import { exceptionCount, newestExceptions } from './view.ts'

const recordOf = (seq: number, kind: TidelineRecord['kind'], content: unknown): TidelineRecord =>
  ({
    ...{ deviceId: 'dev-aaaaaaaaaaaa', incarnation: 'bbbbbbbbbbbb', seq, kind, capturedAt: '2026-01-31T08:16:00.000Z' },
    ...{ payload: JSON.stringify(content), payloadHash: genesisHash, previousHash: genesisHash },
  }) as TidelineRecord
const idOf = (seq: number): string => `dev-aaaaaaaaaaaa:bbbbbbbbbbbb:${seq}`
const short = (n: number) => saleOf(n, { tenders: [] })

describe('derived exceptions', () => {
  it('[CAP18] a receipt that does not add up is shown with every sum, from its own record', () => {
    const books = createBooks()
    books.fold(recordOf(1, 'transaction', saleOf(1)))
    books.fold(recordOf(2, 'transaction', short(2)))
    expect(exceptionCount(books)).toBe(1)
    expect(newestExceptions(books)).toEqual([
      {
        raisedAt: '2026-01-31T08:16:00.000Z',
        exception: {
          ...{ exceptionId: `DOES_NOT_ADD_UP:${idOf(2)}`, kind: 'DOES_NOT_ADD_UP', state: 'open', recordIds: [idOf(2)] },
          ...{ workstationId: '34', businessDay: '2026-01-31', sequenceNumber: 2, amountMinor: 300, currency: 'USD' },
          message:
            'Till 34: receipt 2 of 31 January 2026 says 3.00 USD in total, but its lines make 3.00 USD, its net and tax 3.00 USD, ' +
            'its payments 0.00 USD. It was taken as the till sent it.',
        },
      },
    ])
  })

  it('[CAP6][CAP18] a number that came again with other content is shown with both records', () => {
    const books = createBooks()
    books.fold(recordOf(1, 'transaction', saleOf(1)))
    books.fold(recordOf(2, 'conflict', { firstRecordId: idOf(1), transaction: short(1) }))
    expect(newestExceptions(books).map(({ exception }) => exception)).toMatchObject([
      {
        ...{ exceptionId: `KEY_CONFLICT:${idOf(2)}`, recordIds: [idOf(2), idOf(1)], sequenceNumber: 1 },
        message:
          'Till 34: receipt 1 of 31 January 2026 came again with other contents. The second one is of 3.00 USD. Both are kept, and the first one counts.',
      },
    ])
  })

  it('[CAP18] one key in two lives is told once; what cannot be added up still counts', () => {
    const books = createBooks()
    books.fold(recordOf(1, 'transaction', short(1)))
    books.fold(recordOf(2, 'transaction', short(1)))
    books.fold(recordOf(3, 'transaction', { ...short(2), lineItems: 'of another version' }))
    expect(exceptionCount(books)).toBe(1)
    expect(books.ledgerOf(short(1).businessDay, short(1).workstationId)).toMatchObject({ seen: 2, missing: [] })
  })

  it('[CAP18] holds the newest ones and counts all, among the exceptions that are records, newest first', () => {
    const books = createBooks()
    for (let n = 1; n <= 2_000; n += 1) books.fold(recordOf(n, 'transaction', short(n)))
    const gap = { exceptionId: 'MISSING_NUMBER:34|2026-01-31|0', kind: 'MISSING_NUMBER', state: 'open', message: 'gone' }
    books.fold(recordOf(2_001, 'exception', gap))
    books.fold(recordOf(2_002, 'transaction', short(2_002)))
    const shown = newestExceptions(books)
    expect([exceptionCount(books), shown.length, books.derived.newest().length]).toEqual([2_002, 200, 300])
    expect(shown.map(({ exception }) => exception.kind).slice(0, 3)).toEqual(['DOES_NOT_ADD_UP', 'MISSING_NUMBER', 'DOES_NOT_ADD_UP'])
    expect(shown[2]?.exception.sequenceNumber).toBe(2_000)
  })

  it('[CAP18] says of every transaction what the sums of the whole one say, in the shape of the view and not of the journal', () => {
    fc.assert(
      fc.property(anyTransaction, (transaction) => {
        const books = createBooks()
        books.fold(recordOf(1, 'transaction', transaction))
        expect(exceptionCount(books)).toBe(receiptDifference(transaction) ? 1 : 0)
        for (const one of newestExceptions(books)) {
          expect(openExceptionSchema.parse(one)).toEqual(one)
          expect(storeExceptionSchema.safeParse(one.exception).success).toBe(false)
        }
      }),
    )
  })
})
