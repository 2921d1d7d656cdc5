import { describe, expect, it } from 'vitest'
import { type TableDifference, wordOutcome, wordTable } from './table-difference.ts'

const none: TableDifference = {
  ...{
    table: 'stock_balance',
    rowsAre: 'balances of stock',
    rows: 1_200,
    missing: 0,
    surplus: 0,
    changed: 0,
    onlyAdds: false,
    examples: [],
  },
}
const wrong: TableDifference = {
  ...none,
  changed: 2,
  missing: 1,
  surplus: 1_000,
  examples: [
    { what: 'changed', key: { store_id: 'S1', item_id: 'TEA' }, columns: [{ name: 'quantity_milli', was: '5000', is: '7000' }] },
    { what: 'missing', key: { store_id: 'S2', item_id: 'TEA' }, columns: [] },
    { what: 'surplus', key: { store_id: 'S3', item_id: 'TEA' }, columns: [] },
    { what: 'surplus', key: { store_id: 'S4', item_id: 'TEA' }, columns: [] },
  ],
}

describe('what a rebuild found, in words', () => {
  it('[MRG21] a table that is as it should be, and one that is not, with counts and a few examples', () => {
    expect(wordTable(none)).toBe('balances of stock: 1,200, all as the log has them')
    expect(wordTable(wrong)).toBe(
      'balances of stock: of 1,200, 2 are wrong, 1 is missing, 1,000 should not be there; for example store_id S1, item_id TEA: quantity_milli was 5000 and comes to 7000 | store_id S2, item_id TEA: missing | store_id S3, item_id TEA: should not be there',
    )
  })

  it('[MRG21] what is too long to show is said to be long', () => {
    const examples = [{ what: 'changed' as const, key: { posting_key: 'k' }, columns: [{ name: 'payload', was: null, is: null }] }]
    expect(wordTable({ ...none, changed: 1, examples })).toContain('payload was (long) and comes to (long)')
  })

  it('[MRG21] [MRG22] whether it was put right, only looked at, or kept because the ERP may have been told', () => {
    expect(wordOutcome('stock', 'replace', [none, none])).toBe('The projection stock is what the log comes to.')
    expect(wordOutcome('stock', 'replace', [none, wrong])).toMatch(
      /^The projection stock was not what the log comes to, in 1,003 rows\. It is put right\. balances/,
    )
    expect(wordOutcome('stock', 'compare', [wrong])).toContain('Nothing was changed: only a comparison was asked for.')
    const postings = { ...none, rowsAre: 'postings', onlyAdds: true }
    expect(wordOutcome('postings', 'replace', [{ ...postings, surplus: 1 }])).toContain(
      'in 1 row. It is put right, but for postings: what the ERP may have been told is kept as it was.',
    )
    expect(wordOutcome('postings', 'replace', [{ ...postings, missing: 1 }])).toContain('It is put right. postings')
  })
})
