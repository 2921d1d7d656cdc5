import { describe, expect, it } from 'vitest'
import { movementKinds } from './movement.ts'
import { unitsText, type WordedMovement, wordMovement } from './movement-words.ts'

const movement = (change: Partial<WordedMovement>): WordedMovement => ({
  ...{ storeId: 'S1', naturalKey: 'S1|3|2026-01-31|17', kind: 'sale', quantityMilli: -2_000, standing: 'counted', baseId: null },
  ...change,
})
const document = { documentId: 'd1', otherStoreId: 'S2', transferId: 'o1', reason: 'broken' }

describe('a movement in words', () => {
  it('[STK4] writes thousandths as people do', () => {
    expect([0, 2_000, -1_250, 500, -1, 10_010].map(unitsText)).toEqual(['0', '2', '-1.25', '0.5', '-0.001', '10.01'])
  })

  it('[STK4] each kind says what happened, by which paper, and why', () => {
    const worded = movementKinds.map((kind) => {
      const isDocument = ['count', 'receipt', 'transfer-out', 'transfer-in', 'adjustment'].includes(kind)
      return wordMovement(
        movement({ kind, ...(isDocument ? { document } : {}), ...(kind === 'erp-correction' ? { reason: 'stocktaking' } : {}) }),
      )
    })
    expect(worded).toEqual([
      'Sold 2, receipt 17 of till 3.',
      'Returned 2, receipt 17 of till 3.',
      '-2 by cancelling afterwards, receipt 17 of till 3.',
      'Counted -2 (document d1): broken.',
      'Adjusted by -2 (document d1): broken.',
      'Sent 2 to store S2 (document d1): broken.',
      'Took in 2 from store S2, transfer o1 (document d1): broken.',
      'Received 2 (document d1): broken.',
      'Corrected by -2 for the ERP: stocktaking.',
      'Held back 2 of a return of more than was sold, receipt 17 of till 3.',
    ])
  })

  it('[STK4] says what it is to the figure', () => {
    expect(wordMovement(movement({ standing: 'contained', baseId: 'c1' }))).toBe(
      'Sold 2, receipt 17 of till 3. It is contained in the count c1.',
    )
    expect(wordMovement(movement({ kind: 'count', document, standing: 'base', baseId: 'd1' }))).toContain(
      'The figure stands on this count.',
    )
    expect(wordMovement(movement({ kind: 'count', document, standing: 'superseded', baseId: 'c2' }))).toContain('The count c2 replaced it.')
  })
})
