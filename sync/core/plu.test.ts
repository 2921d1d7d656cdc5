/** A delta applied to the list before gives the list after. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assortmentEntrySchema, itemSchema, priceSchema } from '../contract/catalogue.ts'
import { CatalogueIndex } from './catalogue-index.ts'
import { toInstant } from './instant.ts'
import { deltaPublication, itemsChangingBetween, nextChangeAfter, pluListAt, type PluList } from './plu.ts'

const at = (minute: number) => toInstant(Date.UTC(2026, 0, 1) + minute * 60_000)

type Change = (catalogue: CatalogueIndex) => string[]
const itemId = fc.constantFrom('A', 'B', 'C')
const change: fc.Arbitrary<Change> = fc.oneof(
  itemId.map((id): Change => (c) => [
    c.putItem(itemSchema.parse({ itemId: id, name: id, barcodes: ['1', id], unit: 'each', taxCode: 'x', taxRateMicro: 0 })),
  ]),
  fc.tuple(itemId, fc.boolean()).map(([id, listed]): Change => (c) => [
    c.putAssortment(assortmentEntrySchema.parse({ storeId: 'S1', itemId: id, listed })),
  ]),
  fc.tuple(itemId, fc.nat(4), fc.nat(20), fc.option(fc.nat(9))).map(([id, n, from, lasts]): Change => {
    const ends = lasts === null ? {} : { effectiveTo: at(from + lasts) }
    return (c) =>
      c.putPrice(
        priceSchema.parse({
          priceId: `p${n}`,
          itemId: id,
          storeId: 'S1',
          amountMinor: n + from,
          currency: 'EUR',
          effectiveFrom: at(from),
          ...ends,
        }),
      )
  }),
  fc.nat(4).map(
    (n): Change =>
      (c) =>
        c.removePrice(`p${n}`),
  ),
  itemId.map((id): Change => (c) => [c.removeItem(id)]),
)

const applied = (before: PluList, delta: ReturnType<typeof deltaPublication>): PluList => {
  const list = new Map(before)
  if (delta?.kind === 'delta') {
    for (const entry of delta.changed) list.set(entry.item.itemId, entry)
    for (const id of delta.removed) list.delete(id)
  }
  return list
}

const sorted = (list: PluList) => [...list].toSorted(([a], [b]) => a.localeCompare(b))

describe('PLU list', () => {
  it('[PRC2] what a change and the passing of time touch is enough to bring the list up to date', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 25 }),
        fc.array(change, { maxLength: 6 }),
        fc.nat(25),
        fc.nat(25),
        (past, news, from, to) => {
          const catalogue = new CatalogueIndex()
          for (const apply of past) apply(catalogue)
          const before = pluListAt(catalogue, at(from))
          const touched = [...news.flatMap((apply) => apply(catalogue)), ...itemsChangingBetween(catalogue, at(from), at(to))]
          const after = pluListAt(catalogue, at(to))
          expect(sorted(applied(before, deltaPublication(before, after, touched)))).toEqual(sorted(after))
          expect(deltaPublication(after, after)).toBeNull()
        },
      ),
      { numRuns: 300 },
    )
  })

  it('[PRC1] nothing in the list changes before the next change', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), fc.nat(25), (past, from) => {
        const catalogue = new CatalogueIndex()
        for (const apply of past) apply(catalogue)
        const next = nextChangeAfter(catalogue, at(from))
        for (let minute = from; minute < 40 && (next === null || at(minute) < next); minute++)
          expect(sorted(pluListAt(catalogue, at(minute)))).toEqual(sorted(pluListAt(catalogue, at(from))))
      }),
    )
  })
})
