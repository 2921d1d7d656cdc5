import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { usualPolicy } from '#hub/stock/confidence.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { describe, expect, it } from 'vitest'
import { chartOf } from './chart.ts'
import { withTables } from './document.ts'
import { draw } from './draws.ts'
import { type Figures, playByEvent, playTideline, playWeekend, ratioOf } from './oversell.ts'

const draws = draw(7, 24)
const weekend = playWeekend(draws)

describe('the oversell scenario, small', () => {
  it('[AVL2] confidence leaves at most a fiftieth of what batches oversell', () => {
    expect(weekend.batch.oversold).toBeGreaterThan(100)
    expect(ratioOf(weekend)).toBeLessThanOrEqual(0.02)
    expect(weekend.tideline.accepted).toBeGreaterThan(0.8 * weekend.batch.accepted)
  })

  it('[AVL2] caution has its price: a lower service level oversells more and loses fewer sales', () => {
    const bold = playTideline(draws, 800_000)
    expect(bold.oversold).toBeGreaterThan(weekend.tideline.oversold)
    expect(bold.lostSales).toBeLessThan(weekend.tideline.lostSales)
    expect(weekend.tideline.lostSales).toBeGreaterThan(0)
  })

  it('[AVL2] a fixed safety stock that oversells no more loses more sales, whichever way it is set', () => {
    const fixed = [
      ...[2, 4, 6, 8, 10, 14].map((units) => playByEvent(draws, { units, usualHours: 0 })),
      ...[4, 8, 16, 24, 32, 48].map((usualHours) => playByEvent(draws, { units: 0, usualHours })),
    ]
    const asSure = fixed.filter(({ oversold }) => oversold <= weekend.tideline.oversold)
    expect(asSure.length).toBeGreaterThan(0)
    for (const { lostSales } of asSure) expect(lostSales).toBeGreaterThan(weekend.tideline.lostSales)
  })

  it('all three ways meet the same demand, and every order ends on the shelf or oversold', () => {
    const { batch, plain, tideline } = weekend
    expect([plain.demanded, tideline.demanded]).toEqual([batch.demanded, batch.demanded])
    for (const score of [batch, plain, tideline]) {
      expect(score.oversold).toBeLessThanOrEqual(score.accepted)
      expect(score.accepted + score.refusedInStock).toBeLessThanOrEqual(score.demanded)
      expect(score.leftOver).toBeLessThanOrEqual(score.lostSales)
      expect(score.lostSales).toBeLessThanOrEqual(score.refusedInStock)
    }
  })

  it('a seed gives the same weekend again, and another one another', () => {
    expect(playWeekend(draw(7, 24))).toEqual(weekend)
    expect(playWeekend(draw(8, 24))).not.toEqual(weekend)
  })
})

describe('docs/oversell.md', () => {
  const read = (name: string): Promise<string> => readFile(join(checkoutRoot, 'docs', name), 'utf8')

  it('shows the tables and the chart of its own figures, at the usual service level', async () => {
    const figures = JSON.parse(await read('oversell.json')) as Figures
    const page = await read('oversell.md')
    expect(withTables(page, figures)).toBe(page)
    expect(chartOf(figures)).toBe(await read('oversell.svg'))
    expect(figures.servicePpm).toBe(usualPolicy.servicePpm)
  })
})
