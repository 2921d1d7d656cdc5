import { describe, expect, it } from 'vitest'
import { ageGaps, tellGaps } from './ledger-gaps.ts'

describe('gaps', () => {
  it('[CMP3] keep their age while parts of them arrive', () => {
    const first = ageGaps([], [{ from: 10, to: 20 }], 100)
    const then = ageGaps(
      first,
      [
        { from: 10, to: 12 },
        { from: 15, to: 25 },
      ],
      200,
    )
    expect(then).toEqual([
      { from: 10, to: 12, sinceMs: 100 },
      { from: 15, to: 20, sinceMs: 100 },
      { from: 21, to: 25, sinceMs: 200 },
    ])
    expect(ageGaps(then, [], 300)).toEqual([])
  })
  it('[CMP3] are told one by one, a long one as a range, and no number twice', () => {
    expect(
      tellGaps(
        [
          { from: 3, to: 5 },
          { from: 100, to: 200 },
        ],
        [{ from: 4, to: 4 }],
      ),
    ).toEqual([
      { from: 3, to: 3 },
      { from: 5, to: 5 },
      { from: 100, to: 200 },
    ])
    expect(tellGaps([{ from: 100, to: 200 }], [{ from: 90, to: 200 }])).toEqual([])
  })
  it('[CMP3] of very many pieces are told at once', () => {
    const odd = Array.from({ length: 60 }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1 }))
    expect(tellGaps(odd, [])).toEqual([{ from: 1, to: 119 }])
  })
})
