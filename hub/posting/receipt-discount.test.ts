import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spreadDiscount } from './receipt-discount.ts'

const spread = (discountMinor: number, ...amounts: number[]) =>
  spreadDiscount(
    discountMinor,
    amounts.map((amountMinor) => ({ amountMinor })),
  )
const amount = fc.integer({ min: -10_000_000_000, max: 10_000_000_000 })
const sumOf = (amounts: readonly number[]): number => amounts.reduce((total, each) => total + each, 0)

describe('a discount on the whole receipt', () => {
  it('[HUB4] is borne by the lines in proportion; what rounding leaves goes to the largest remainders, earlier lines first', () => {
    expect(spread(100, 700, 300)).toEqual([630, 270])
    expect(spread(1, 100, 100, 100)).toEqual([99, 100, 100])
    expect(spread(2, 100, 100, 101)).toEqual([99, 100, 100])
    expect(spread(0, 100, -50)).toEqual([100, -50])
    expect(spread(1_000, 700, 300)).toEqual([0, 0])
  })

  it('[HUB4] comes off sold lines, and is given back on returned ones', () => {
    expect(spread(50, 1_000, -400)).toEqual([950, -400])
    expect(spread(-50, 1_000, -400)).toEqual([1_000, -350])
    expect(spread(-100, -700, -300)).toEqual([-630, -270])
  })

  it('[HUB4] a surcharge, or more than these lines have, moves the others from zero; nobody bears what no line can', () => {
    expect(spread(-100, 700, 300)).toEqual([770, 330])
    expect(spread(50, 10, -1_000)).toEqual([10, -1_050])
    expect(spread(1_001, 700, 300)).toBe(null)
    expect(spread(1, 0, 0)).toBe(null)
    expect(spread(1)).toBe(null)
  })

  it('[HUB4] the sum is conserved, no sign turns, zero stays zero, and nobody is off his share by a minor unit', () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 40 }), amount, (amounts, discount) => {
        const after = spread(discount, ...amounts)
        if (!after) {
          const giving = amounts.filter((each) => Math.sign(each) === Math.sign(discount))
          expect(amounts.every((each) => each === 0 || Math.sign(each) === Math.sign(discount))).toBe(true)
          expect(Math.abs(sumOf(giving))).toBeLessThan(Math.abs(discount))
          return
        }
        expect(sumOf(after)).toBe(sumOf(amounts) - discount)
        const moved = amounts.filter((each, index) => after[index] !== each)
        const total = sumOf(moved.map(Math.abs))
        for (const [index, before] of amounts.entries()) {
          const now = after[index]!
          expect(Math.abs(Math.sign(now) - Math.sign(before))).toBeLessThan(2)
          if (before === 0) expect(now).toBe(0)
        }
        // All that moved are of one sign.
        expect(Math.abs(sumOf(moved))).toBe(total)
      }),
    )
  })
})
