import { transactionSchema } from '#sync/contract/transaction.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalWord, canonicalWords, spokenLists, type Speaker, wordPlace, type WordMaster } from './canonical-words.ts'
import { wordsOf } from './said-words.ts'
import { type HeardWord, unknownWords, wordException } from './unknown-words.ts'
import { sumWords } from './word-totals.ts'

const everybody: Speaker = { scope: 'all', scopeId: '' }
const store: Speaker = { scope: 'store', scopeId: 'S1' }
const shop: Speaker = { scope: 'channel', scopeId: 'shop' }
const master: WordMaster = {
  mapped: new Map([
    [wordPlace('return-reason', everybody, 'defekt'), 'defective'],
    [wordPlace('return-reason', store, 'defekt'), 'damaged'],
    [wordPlace('order-state', shop, 'picked up'), 'collected'],
  ]),
  taxCategories: new Map([
    ['', new Set(['standard', 'food'])],
    ['S1', new Set(['standard'])],
  ]),
}

const line = {
  ...{ lineNumber: 1, kind: 'return', itemId: 'TEA', description: 'Tea', quantityMilli: -1_000, unit: 'each', unitPriceMinor: 500 },
  ...{ discountMinor: 0, amountMinor: -500, voided: false },
}
const receipt = (sequenceNumber: number, change: Record<string, unknown> = {}) =>
  transactionSchema.parse({
    ...{ storeId: 'S1', workstationId: '1', businessDay: '2026-01-31', sequenceNumber, kind: 'return', endedAt: '2026-01-31T10:00:00' },
    ...{ currency: 'EUR', lineItems: [line], tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: -500, voided: false }] },
    ...{ taxes: [{ code: 'A', taxableMinor: -420, taxMinor: -80, inclusive: true }], reason: ' DEFEKT ' },
    ...{ totals: { netMinor: -420, taxMinor: -80, grandMinor: -500 } },
    ...change,
  })

describe('words', () => {
  it('[IDN16] the speaker’s own line goes before everybody’s, however it is written; one of ours is itself; else nobody knows', () => {
    expect(canonicalWord('return-reason', store, ' Defekt', master)).toBe('damaged')
    expect(canonicalWord('return-reason', shop, 'defekt', master)).toBe('defective')
    expect(canonicalWord('order-state', shop, 'Picked Up', master)).toBe('collected')
    expect(canonicalWord('order-state', store, 'picked up', master)).toBeNull()
    expect(canonicalWord('order-state', store, 'Shipped', master)).toBe('shipped')
    expect(canonicalWord('tax', store, 'food', master)).toBeNull()
    expect(canonicalWord('tax', everybody, 'food', master)).toBe('food')
    expect(canonicalWords['order-state']).toEqual(['allocated', 'released', 'shipped', 'collected', 'returned', 'refunded'])
  })

  it('[IDN16] a return says its reason, an order its state, each tender and tax its own; what is no word is not one', () => {
    expect(wordsOf(receipt(1))).toEqual([
      { list: 'return-reason', word: 'defekt', amountMinor: -500 },
      { list: 'tender', word: 'cash', amountMinor: -500 },
      { list: 'tax', word: 'a', amountMinor: -80 },
    ])
    const whole = [{ code: 'total', taxableMinor: 0, taxMinor: 5, inclusive: true }]
    const order = receipt(1, { kind: 'customer-order', taxes: whole, tenders: [], extensions: { 'order-state': 'In Pick', other: 'x' } })
    expect(wordsOf(order)).toEqual([{ list: 'order-state', word: 'in pick', amountMinor: -500 }])
    expect(wordsOf(receipt(1, { kind: 'training' }))).toEqual([])
    expect(wordsOf(receipt(1, { kind: 'paid-out', lineItems: [], taxes: [], tenders: [], reason: 'milk for the office' }))).toEqual([])
    expect(wordsOf(receipt(1, { reason: 'x'.repeat(101), taxes: [], tenders: [] }))).toEqual([])
  })

  it('[IDN16] the sums of words are the same for receipts in any order and in any parts', () => {
    const anyReceipt = fc.record({
      kind: fc.constantFrom('return', 'sale'),
      reason: fc.constantFrom('Broken', 'broken', 'LATE'),
      day: fc.constantFrom('2026-01-30', '2026-01-31'),
    })
    const total = (rows: ReturnType<typeof sumWords>) => {
      const sums = new Map<string, [number, number]>()
      for (const { times, amount_minor, ...key } of rows) {
        const [t, a] = sums.get(JSON.stringify(key)) ?? [0, 0]
        sums.set(JSON.stringify(key), [t + times, a + amount_minor])
      }
      return [...sums].sort()
    }
    fc.assert(
      fc.property(fc.array(anyReceipt, { maxLength: 8 }), fc.nat(8), (all, cut) => {
        const receipts = all.map(({ day, ...change }, at) => receipt(at + 1, { ...change, businessDay: day }))
        const parts = [...sumWords(receipts.slice(cut).toReversed()), ...sumWords(receipts.slice(0, cut))]
        expect(total(parts)).toEqual(total(sumWords(receipts)))
      }),
    )
  })

  it('[IDN17] what nobody mapped is told with its speaker, how often and the money; tax codes only where the tax master holds', () => {
    const heard: HeardWord = { ...store, list: 'return-reason', word: 'kaputt', times: 3, amountMinor: -1_500, currency: 'EUR' }
    expect(unknownWords([heard, { ...heard, word: 'defekt' }], master)).toEqual([heard])
    expect(wordException(heard, master)).toMatchObject({
      exceptionId: 'UNKNOWN_WORD:return-reason:store:S1:kaputt',
      storeId: 'S1',
      amountMinor: 1_500,
      message: expect.stringMatching(
        /^The tills of store S1 say “kaputt” as a reason of a return, 3 times so far, and no mapping says which it is: damaged, /,
      ),
    })
    const typed = Array.from({ length: 300 }, (_, n) => ({ ...heard, word: `typed ${n}`, times: n + 1 }))
    const shown = unknownWords([...typed, { ...heard, scopeId: 'S2', times: 1 }], master)
    expect([shown.length, shown[0]?.word, shown[99]?.word, shown[100]?.scopeId]).toEqual([101, 'typed 299', 'typed 200', 'S2'])
    const tax = { ...heard, list: 'tax' as const, word: 'x' }
    expect(unknownWords([tax, { ...tax, scopeId: 'S2' }], master)).toEqual([tax])
    const asked = { ...shop, list: 'order-state' as const, word: 'odd', times: 0, amountMinor: 0, currency: '' }
    expect(wordException(asked, master)).toMatchObject({
      storeId: null,
      message: expect.stringContaining('The channel shop says “odd” as a state of an order, and'),
    })
    expect(spokenLists.every((list) => unknownWords([{ ...asked, list, word: 'no such word' }], master).length === 1)).toBe(true)
  })
})
