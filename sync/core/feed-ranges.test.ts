import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesIn, joinRanges, listingOf, rangeDigest, splitRange } from './feed-ranges.ts'

const range = fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 1_000 })).map(([after, width]) => ({ after, through: after + width }))

describe('feed ranges', () => {
  it('[TRN23] split into ranges side by side that join to the whole again', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 64 }), (whole, parts) => {
        const split = splitRange(whole, parts)
        expect(split.length).toBe(Math.min(parts, whole.through - whole.after))
        expect(split.every(({ after, through }) => through > after)).toBe(true)
        expect(joinRanges(split)).toEqual([whole])
      }),
    )
    expect(
      joinRanges([
        { after: 0, through: 2 },
        { after: 3, through: 4 },
      ]),
    ).toHaveLength(2)
  })
  it('[TRN23] hold each entry once, by its checkpoint', () => {
    const entries = fc
      .uniqueArray(fc.nat(2_000), { maxLength: 50 })
      .map((checkpoints) =>
        checkpoints.map((checkpoint) => ({ id: `d${checkpoint}`, checkpoint, bits: { high: checkpoint, low: checkpoint * 7 } })),
      )
    fc.assert(
      fc.property(entries, range, fc.integer({ min: 1, max: 64 }), (all, whole, parts) => {
        const listing = listingOf(all)
        const inside = all.filter(({ checkpoint }) => checkpoint > whole.after && checkpoint <= whole.through)
        expect(
          entriesIn(listing, whole)
            .map((e) => e.id)
            .toSorted(),
        ).toEqual(inside.map((e) => e.id).toSorted())
        const counts = splitRange(whole, parts).map((part) => rangeDigest(listing, part).count)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rangeDigest(listing, whole).count)
      }),
    )
  })
})
