import { receipt } from '#test/hub/model-device.ts'
import { describe, expect, it } from 'vitest'
import { returnClaims } from './return-claims.ts'

const [milk] = receipt(1).lineItems
const returned = (change: Record<string, unknown> = {}) => ({
  ...milk,
  kind: 'return',
  quantityMilli: -1_000,
  amountMinor: -119,
  ...change,
})
const claimed = (change: Record<string, unknown>) => returnClaims(receipt(9, { kind: 'return', ...change })).map(({ original }) => original)
const full = { relation: 'return-of', storeId: 'S2', workstationId: '4', businessDay: '2026-01-02', sequenceNumber: 7 }

describe('which sale a returned line claims', () => {
  it('[MRG1] its own reference comes before the receipt’s; what is left out is the returning till’s', () => {
    const lineItems = [returned(), returned({ lineNumber: 2, original: { ...full, sequenceNumber: 8 } })]
    expect(returnClaims(receipt(9, { kind: 'return', lineItems, references: [full] }))).toEqual([
      { lineNumber: 1, relation: 'return-of', amountMinor: 119, original: { storeId: 'S2', naturalKey: 'S2|4|2026-01-02|7' } },
      { lineNumber: 2, relation: 'return-of', amountMinor: 119, original: { storeId: 'S2', naturalKey: 'S2|4|2026-01-02|8' } },
    ])
    const short = { relation: 'return-of', businessDay: '2026-01-02', sequenceNumber: 7 }
    expect(claimed({ lineItems: [returned()], references: [short] })).toEqual([{ storeId: 'S1', naturalKey: 'S1|1|2026-01-02|7' }])
  })

  it('[MRG1] what names no receipt, or more than one, claims nothing; nor do sold and voided lines', () => {
    const unnamed = [
      { relation: 'return-of', sequenceNumber: 7 },
      { relation: 'return-of', documentId: 'R-77' },
      { ...full, relation: 'order' },
    ]
    for (const reference of unnamed) expect(claimed({ lineItems: [returned()], references: [reference] })).toEqual([])
    expect(claimed({ lineItems: [returned()], references: [full, { ...full, sequenceNumber: 8 }] })).toEqual([])
    expect(claimed({ lineItems: [returned()], references: [full, { ...full, lineNumber: 3 }] })).toHaveLength(1)
    expect(claimed({ lineItems: [milk, returned({ voided: true })], references: [full] })).toEqual([])
    expect(claimed({ lineItems: [returned()] })).toEqual([])
  })

  it('[MRG1] a post-void claims all that it takes back, of the same day where it names none', () => {
    const lineItems = [returned(), { ...milk, lineNumber: 2 }]
    const references = [{ relation: 'voids', sequenceNumber: 7 }]
    const claims = returnClaims(receipt(9, { kind: 'post-void', lineItems, references }))
    expect(claims.map(({ lineNumber, relation, original }) => [lineNumber, relation, original.naturalKey])).toEqual([
      [1, 'voids', 'S1|1|2026-01-31|7'],
      [2, 'voids', 'S1|1|2026-01-31|7'],
    ])
  })
})
