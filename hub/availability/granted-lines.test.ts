import fc from 'fast-check'
import { expect, it } from 'vitest'
import { grantLines } from './granted-lines.ts'

const storeIds = ['S1', 'S2', 'S3']
const asking = fc.uniqueArray(fc.constantFrom('A', 'B', 'C'), { minLength: 1 }).chain((items) =>
  fc.tuple(
    ...items.map((itemId) =>
      fc.record({
        itemId: fc.constant(itemId),
        quantityMilli: fc.integer({ min: 1, max: 9_000 }),
        storeIds: fc.array(fc.constantFrom(...storeIds), { minLength: 1, maxLength: 4 }),
      }),
    ),
  ),
)
const stock = fc.dictionary(
  fc.constantFrom(...storeIds.flatMap((s) => ['A', 'B', 'C'].map((i) => `${s} ${i}`))),
  fc.integer({ min: -5_000, max: 9_000 }),
)

it('[AVL5] no store gives more than it has free; what is given and what is short make up what was asked; all or nothing is just that', () => {
  fc.assert(
    fc.property(asking, stock, fc.constantFrom('all' as const, 'possible' as const), (asked, have, fill) => {
      const free = (storeId: string, itemId: string): number => have[`${storeId} ${itemId}`] ?? 0
      const grant = grantLines(asked, free, fill)
      const reach = asked.map((l) => [...new Set(l.storeIds)].reduce((sum, s) => sum + Math.max(0, free(s, l.itemId)), 0))
      const isCovered = asked.every((l, i) => (reach[i] ?? 0) >= l.quantityMilli)
      const isPossible = reach.some((milli) => milli > 0)
      expect(grant.outcome).toBe((fill === 'all' ? isCovered : isPossible) ? 'granted' : 'not-enough')
      if (grant.outcome !== 'granted') return
      for (const line of grant.lines) {
        expect(line.quantityMilli).toBeGreaterThan(0)
        expect(line.quantityMilli).toBeLessThanOrEqual(free(line.storeId, line.itemId))
      }
      expect(new Set(grant.lines.map((l) => `${l.storeId} ${l.itemId}`)).size).toBe(grant.lines.length)
      for (const [i, line] of asked.entries()) {
        const given = grant.lines.filter((l) => l.lineNumber === i + 1).reduce((sum, l) => sum + l.quantityMilli, 0)
        const missing = grant.short.find((l) => l.lineNumber === i + 1)?.missingMilli ?? 0
        expect(given + missing).toBe(line.quantityMilli)
      }
    }),
  )
})
