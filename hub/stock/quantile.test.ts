import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { probabilityPpm, quantileUnits, type UnseenUnits } from './quantile.ts'

const million = 1_000_000
const poisson = (mean: number): UnseenUnits => ({ meanMicro: mean * million, dispersionPpm: million })
const bursty = (mean: number, dispersion: number): UnseenUnits => ({ meanMicro: mean * million, dispersionPpm: dispersion * million })
const far = 1_000_000

const anyUnseen = fc.record({
  meanMicro: fc.integer({ min: 0, max: 200 * million }),
  dispersionPpm: fc.integer({ min: million, max: 5 * million }),
})

describe('units gone unseen', () => {
  it('[AVL2] follow the tables of the Poisson distribution', () => {
    expect([0, 1, 2, 3, 4].map((units) => probabilityPpm(poisson(2), units))).toEqual([135_335, 406_005, 676_676, 857_123, 947_346])
    expect(quantileUnits(poisson(2), 990_000, far)).toBe(6)
    expect(quantileUnits(poisson(4.5), 950_000, far)).toBe(8)
  })

  it('[AVL2] follow the negative binomial where demand comes in bursts: mean 3, variance 6 is three trials at one half', () => {
    expect([0, 1, 2, 3].map((units) => probabilityPpm(bursty(3, 2), units))).toEqual([125_000, 312_500, 500_000, 656_250])
  })

  it('[AVL2] no mean leaves nothing to hold back, and a very large one does not break the sums', () => {
    expect([quantileUnits(poisson(0), 999_999, far), probabilityPpm(poisson(0), 0)]).toEqual([0, million])
    expect(probabilityPpm(poisson(5), -1)).toBe(0)
    // normal at this size: 10,000 + 2.326 × 100, and a little for the skew
    expect(quantileUnits(poisson(10_000), 990_000, far)).toBe(10_233)
  })

  it('[AVL2] a shelf of a thousand million is judged at once', () => {
    expect(probabilityPpm(poisson(3), 1_000_000_000)).toBe(million)
    expect(probabilityPpm(bursty(3, 2), 1_000_000_000)).toBe(million)
  })

  it('[AVL2] more that may be unseen never holds back less, nor makes a given reserve surer', () => {
    fc.assert(
      fc.property(anyUnseen, fc.integer({ min: 0, max: 50 * million }), fc.integer({ min: 0, max: 300 }), (unseen, more, units) => {
        const staler = { ...unseen, meanMicro: unseen.meanMicro + more }
        expect(quantileUnits(staler, 990_000, far)).toBeGreaterThanOrEqual(quantileUnits(unseen, 990_000, far))
        expect(probabilityPpm(staler, units)).toBeLessThanOrEqual(probabilityPpm(unseen, units) + 1)
      }),
    )
  })

  it('[AVL2] the quantile is the fewest units that reach the service level', () => {
    fc.assert(
      fc.property(anyUnseen, fc.integer({ min: 500_000, max: 999_000 }), (unseen, servicePpm) => {
        const units = quantileUnits(unseen, servicePpm, far)
        expect(probabilityPpm(unseen, units)).toBeGreaterThanOrEqual(servicePpm)
        if (units > 0) expect(probabilityPpm(unseen, units - 1)).toBeLessThanOrEqual(servicePpm)
      }),
    )
  })
})
