/**
 * What confidence makes of overselling: the weekend of docs/oversell.md with stock in batches and with Tideline, and what caution costs. Nothing
 * is timed; the figures follow from the seeds. The ratio is the worst of several weekends.
 */
import { draw } from '#demo/oversell/draws.ts'
import { playWeekend, ratioOf } from '#demo/oversell/oversell.ts'
import type { Benchmark } from './benchmark.ts'

const ceiling = 0.02
const stores = 180
const seeds = [1, 2, 3, 4, 5]

export const oversell: Benchmark = {
  name: 'oversell',
  compares:
    'units oversold on a promotion weekend by Tideline with those oversold by batches of five and ten minutes; and the sales lost to caution',
  run: async (progress) => {
    const weekends = seeds.map((seed) => {
      const weekend = playWeekend(draw(seed, stores))
      const { batch, plain, tideline } = weekend
      progress(
        `seed ${seed}: oversold ${batch.oversold} in batches, ${plain.oversold} by event, ${tideline.oversold} with confidence; lost ${tideline.lostSales} of ${tideline.demanded}`,
      )
      return {
        ...{ seed, batch: batch.oversold, plain: plain.oversold, tideline: tideline.oversold },
        ...{ lostSales: tideline.lostSales, neverSold: tideline.leftOver, demanded: tideline.demanded, ratio: ratioOf(weekend) },
      }
    })
    return { name: 'oversell', ceiling, ratio: Math.max(...weekends.map(({ ratio }) => ratio)), weekends }
  },
}
