import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemSchema } from '#sync/contract/catalogue.ts'
import type { ErpItem } from '../posting/connector.ts'
import { type CatalogueChanges, compareCatalogue, type KnownItem } from './comparison.ts'

const erpItem = (id: string, amountMinor: number, barcodes: string[] = [], more: Partial<ErpItem> = {}): ErpItem => ({
  item: itemSchema.parse({ itemId: id, name: `Item ${id}`, barcodes, unit: 'each', taxCode: 'T25', taxRateMicro: 250_000 }),
  erpId: `e${id}`,
  amountMinor,
  currency: 'EUR',
  listed: true,
  ...more,
})

/** What the hub has after the changes are written. */
const written = (known: ReadonlyMap<string, KnownItem>, changes: CatalogueChanges): Map<string, KnownItem> => {
  const after = new Map(known)
  for (const { item, erpId } of changes.items) {
    const before = after.get(item.itemId)
    after.set(item.itemId, { item, erpId, amountMinor: before?.amountMinor, currency: before?.currency, listed: before?.listed ?? false })
  }
  for (const { itemId, amountMinor, currency } of changes.prices) {
    const before = after.get(itemId)
    if (before) after.set(itemId, { ...before, amountMinor, currency })
  }
  for (const { itemId, listed } of changes.listings) {
    const before = after.get(itemId)
    if (before) after.set(itemId, { ...before, listed })
  }
  return after
}

const none = new Map<string, KnownItem>()
const from = (...items: ErpItem[]): Map<string, KnownItem> => written(none, compareCatalogue({ items, unreadable: [] }, none, true))

const anyItem = fc
  .record({
    id: fc.constantFrom('A', 'B', 'C', 'D'),
    price: fc.integer({ min: -10, max: 100_000 }),
    barcodes: fc.subarray(['1', '2', '3', '4']),
    listed: fc.boolean(),
  })
  .map(({ id, price, barcodes, listed }) => erpItem(id, price, barcodes, { listed }))
const pulls = fc.array(fc.record({ items: fc.array(anyItem, { maxLength: 6 }), full: fc.boolean() }), { minLength: 1, maxLength: 6 })

describe('catalogue comparison', () => {
  it('[PRC3] the same pull again changes nothing; no barcode is ever on two items; no price is nothing or less', () => {
    fc.assert(
      fc.property(pulls, (script) => {
        let known: Map<string, KnownItem> = none
        for (const { items, full } of script) {
          known = written(known, compareCatalogue({ items, unreadable: [] }, known, full))
          const again = compareCatalogue({ items, unreadable: [] }, known, full)
          expect({ items: again.items, prices: again.prices, listings: again.listings }).toEqual({ items: [], prices: [], listings: [] })
          const barcodes = [...known.values()].flatMap((k) => k.item.barcodes)
          expect(new Set(barcodes).size).toBe(barcodes.length)
          for (const k of known.values()) {
            expect(k.amountMinor ?? 1).toBeGreaterThan(0)
            if (k.listed) expect(k.amountMinor).toBeDefined()
          }
        }
      }),
    )
  })

  it('[HUB7] a price of nothing, below nothing, or ten times the old one is a problem, and the old one stays', () => {
    const known = from(erpItem('A', 645))
    for (const [price, kind] of [
      [0, 'PRICE_NOT_POSITIVE'],
      [-5, 'PRICE_NOT_POSITIVE'],
      [64_500, 'PRICE_JUMP'],
      [64, 'PRICE_JUMP'],
      [6_450, 'PRICE_JUMP'],
      [645_000, 'PRICE_JUMP'],
    ] as const) {
      const changes = compareCatalogue({ items: [erpItem('A', price)], unreadable: [] }, known, false)
      expect(changes.problems).toMatchObject([{ kind, itemId: 'A', amountMinor: price }])
      expect([changes.prices, changes.listings]).toEqual([[], []])
      expect(changes.held).toMatchObject(price < 0 ? [] : [{ itemId: 'A', amountMinor: price, kind }])
    }
    for (const price of [65, 6_449])
      expect(compareCatalogue({ items: [erpItem('A', price)], unreadable: [] }, known, false).problems).toEqual([])
    expect(compareCatalogue({ items: [erpItem('A', 6_450)], unreadable: [] }, known, false, 100).problems).toEqual([])
  })

  it('[PRC11] a price that a person refused is not asked about again, and is not sent', () => {
    const [[, known] = []] = [...from(erpItem('A', 645))]
    if (!known) throw new Error('no item')
    const refused = new Map([['A', { ...known, rejected: { amountMinor: 6_450, currency: 'EUR' } }]])
    expect(compareCatalogue({ items: [erpItem('A', 6_450)], unreadable: [] }, refused, false)).toMatchObject({
      prices: [],
      problems: [],
      held: [],
    })
    expect(compareCatalogue({ items: [erpItem('A', 6_451)], unreadable: [] }, refused, false)).toMatchObject({
      held: [{ amountMinor: 6_451 }],
    })
  })

  it('[PRC12] two records of the ERP that claim one item: it stays with the one that had it, until a full pull lacks that one', () => {
    const known = from(erpItem('A', 100))
    const other = erpItem('A', 120, [], { erpId: 'e0' })
    for (const [items, full] of [
      [[other], false],
      [[other, erpItem('A', 100)], false],
      [[other, erpItem('A', 100)], true],
    ] as const) {
      const changes = compareCatalogue({ items: [...items], unreadable: [] }, known, full)
      expect(changes).toMatchObject({ items: [], prices: [], problems: [{ kind: 'TWO_MASTERS', itemId: 'A' }] })
    }
    const alone = compareCatalogue({ items: [other], unreadable: [] }, known, true)
    expect(alone).toMatchObject({ problems: [], prices: [{ amountMinor: 120 }], items: [{ erpId: 'e0' }] })
  })

  it('[PRC12] a barcode is one barcode however it is spelt', () => {
    const known = from(erpItem('B', 100, ['036000291452']))
    const changes = compareCatalogue({ items: [erpItem('A', 100, ['0036000291452'])], unreadable: [] }, known, false)
    expect(changes.problems).toMatchObject([{ kind: 'BARCODE_ON_TWO_ITEMS', itemId: 'A' }])
  })

  it('[HUB7] a barcode on two items stays with the one that had it', () => {
    const known = from(erpItem('B', 100, ['111']))
    const changes = compareCatalogue({ items: [erpItem('A', 200, ['111', '222'])], unreadable: [] }, known, false)
    expect(changes.items[0]?.item.barcodes).toEqual(['222'])
    expect(changes.problems).toMatchObject([{ kind: 'BARCODE_ON_TWO_ITEMS', itemId: 'A' }])
  })

  it('[HUB7] a barcode may move to another item in one pull', () => {
    const known = from(erpItem('B', 100, ['111']), erpItem('A', 100))
    const changes = compareCatalogue({ items: [erpItem('A', 100, ['111']), erpItem('B', 100)], unreadable: [] }, known, false)
    expect(changes.problems).toEqual([])
    expect(changes.items.map(({ item }) => [item.itemId, item.barcodes])).toEqual([
      ['A', ['111']],
      ['B', []],
    ])
  })

  it('[HUB7] only a full pull takes an item off the list, and never one that could not be read', () => {
    const known = from(erpItem('A', 100), erpItem('B', 100), erpItem('C', 100))
    expect(compareCatalogue({ items: [erpItem('A', 100)], unreadable: [] }, known, false).listings).toEqual([])
    const full = compareCatalogue({ items: [erpItem('A', 100)], unreadable: [{ erpId: 'eC', message: 'no unit' }] }, known, true)
    expect(full.listings).toEqual([{ itemId: 'B', listed: false }])
    expect(full.problems).toMatchObject([{ kind: 'ITEM_UNREADABLE', itemId: 'C' }])
  })

  it('[HUB4] the ERP’s shelf price in another currency is a problem', () => {
    const changes = compareCatalogue(
      { items: [erpItem('A', 100, [], { currency: 'SEK' })], unreadable: [] },
      from(erpItem('A', 100)),
      false,
    )
    expect(changes.problems).toMatchObject([{ kind: 'PRICE_IN_OTHER_CURRENCY' }])
  })
})
