import { describe, expect, it } from 'vitest'
import { transferExceptions, transferFault, transferGraceDays } from './transfer-exceptions.ts'
import type { Transfer } from './transfers.ts'

const transfer = (change: Partial<Transfer> = {}): Transfer => ({
  ...{ fromStoreId: 'S1', toStoreId: 'S2', documentId: 'o|1', itemId: 'MILK', sentMilli: 6_000, receivedMilli: 0 },
  businessDay: '2026-01-10',
  ...change,
})
const now = (iso: string): number => Date.parse(iso)

describe('what is wrong with a transfer', () => {
  it('[STK5] on its way for a week it is no exception; afterwards it is, until the rest arrives', () => {
    expect(transferGraceDays).toBe(7)
    expect(transferFault(transfer(), now('2026-01-18T00:00:00Z'))).toBe(null)
    expect(transferFault(transfer(), now('2026-01-18T00:00:00.001Z'))).toBe('TRANSFER_NOT_RECEIVED')
    expect(transferFault(transfer({ receivedMilli: 5_999 }), now('2026-02-01T00:00:00Z'))).toBe('TRANSFER_NOT_RECEIVED')
    expect(transferFault(transfer({ receivedMilli: 6_000 }), now('2026-02-01T00:00:00Z'))).toBe(null)
  })

  it('[STK5] more than was sent is one at once; what nobody says that it sent has the time that a sender may be offline', () => {
    expect(transferFault(transfer({ receivedMilli: 6_001 }), now('2026-01-10T00:00:00Z'))).toBe('TRANSFER_DIFFERS')
    expect(transferFault(transfer({ sentMilli: null, receivedMilli: 1 }), now('2026-01-17T00:00:00Z'))).toBe(null)
    expect(transferFault(transfer({ sentMilli: null, receivedMilli: 1 }), now('2026-01-19T00:00:00Z'))).toBe('TRANSFER_DIFFERS')
  })

  it('[STK5] [HUB7] one exception tells of all items of a transfer, in words, the same ones each time', () => {
    const many = Array.from({ length: 7 }, (_, n) => transfer({ itemId: `I${n}`, receivedMilli: 500 * n }))
    const [told, ...others] = transferExceptions(
      [...many, transfer({ documentId: 'o2', receivedMilli: 6_500 })],
      now('2026-03-01T00:00:00Z'),
    )
    expect(told).toEqual({
      exceptionId: 'TRANSFER_NOT_RECEIVED:S1|S2|o%7C1',
      kind: 'TRANSFER_NOT_RECEIVED',
      storeId: 'S2',
      place: { businessDay: '2026-01-10' },
      message:
        'The transfer o|1 of 2026-01-10 from store S1 to store S2 has not arrived whole after 7 days: I0 (6 sent, 0 arrived), ' +
        'I1 (6 sent, 0.5 arrived), I2 (6 sent, 1 arrived), I3 (6 sent, 1.5 arrived), I4 (6 sent, 2 arrived) and 2 more.',
    })
    expect(others.map(({ exceptionId }) => exceptionId)).toEqual(['TRANSFER_DIFFERS:S1|S2|o2'])
    expect(transferExceptions([], 0)).toEqual([])
  })
})
