import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from './seeded-random.ts'
import { ringUp, type ShelfItem } from './till-sale.ts'

const shelf: ShelfItem[] = [
  { itemId: 'SKU-1', barcode: '4000000000017', name: 'Article 1', unit: 'each', priceMinor: 1250, taxCode: 'VAT25', taxRateMicro: 250_000 },
  { itemId: 'PLU-4011', barcode: '4011', name: 'Apples', unit: 'kilogram', priceMinor: 399, taxCode: 'VAT25', taxRateMicro: 250_000 },
  { itemId: 'BOOK-1', barcode: '9780000000002', name: 'Book', unit: 'each', priceMinor: 999, taxCode: 'VAT6', taxRateMicro: 60_000 },
]
const till = { storeId: 'S042', workstationId: 'T1', currency: 'EUR', operatorId: '7' }

describe('ringUp', () => {
  it('[HUB4] makes receipts whose lines, taxes and tenders add up to the minor unit', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9_999 }), (seed, sequenceNumber) => {
        const t = ringUp(seededRandom(seed), till, sequenceNumber, new Date('2026-03-01T10:00:00Z'), shelf)
        const lines = t.lineItems.reduce((sum, line) => sum + line.amountMinor, 0)
        const tenders = t.tenders.reduce((sum, tender) => sum + tender.amountMinor, 0)
        expect(lines).toBe(t.totals.grandMinor)
        expect(tenders).toBe(t.totals.grandMinor)
        expect(t.totals.netMinor + t.totals.taxMinor).toBe(t.totals.grandMinor)
        expect(Math.sign(t.totals.grandMinor)).toBe(t.kind === 'return' ? -1 : 1)
      }),
    )
  })

  it('sells the same from the same seed', () => {
    const once = () => ringUp(seededRandom(7), till, 1, new Date('2026-03-01T10:00:00Z'), shelf)
    expect(once()).toEqual(once())
  })
})
