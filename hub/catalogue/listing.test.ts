import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type HeldListing, listedAt, nextDate } from './listing.ts'

const span = fc
  .record({ fromMs: fc.nat(20), lasts: fc.option(fc.integer({ min: 1, max: 10 })) })
  .map(({ fromMs, lasts }) => ({ fromMs, toMs: lasts === null ? null : fromMs + lasts }))
const entry: fc.Arbitrary<HeldListing> = fc.record({ level: fc.constantFrom('cluster' as const, 'store' as const), span })

it('[PRC13] a store’s own entries decide before its clusters’, those before the chain; what the chain does not sell nobody lists', () => {
  const one = (level: HeldListing['level'], fromMs: number, toMs: number | null): HeldListing => ({ level, span: { fromMs, toMs } })
  expect([listedAt(true, [], 5), listedAt(false, [], 5), listedAt(false, [one('store', 0, null)], 5)]).toEqual([true, false, false])
  const christmas = one('cluster', 10, 20)
  expect([9, 10, 19, 20].map((at) => listedAt(true, [christmas], at))).toEqual([false, true, true, false])
  expect([9, 15].map((at) => listedAt(true, [christmas, one('store', 0, 12)], at))).toEqual([true, false])
})

it('[PRC13] between two dates of its entries nothing changes, so that whoever looks at each date misses none', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      for (let at = -1; at < 35; at++) {
        const next = Math.min(...entries.map((each) => nextDate(each.span, at) ?? 40), 40)
        expect(next).toBeGreaterThan(at)
        for (let then = at; then < next; then++) expect(listedAt(true, entries, then)).toBe(listedAt(true, entries, at))
      }
    }),
  )
})
