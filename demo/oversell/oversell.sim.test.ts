import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutRoot } from '#scripts/root.ts'
import { expect, it } from 'vitest'
import { draw } from './draws.ts'
import { type Figures, playWeekend, ratioOf } from './oversell.ts'

it('[AVL2] the weekends of docs/oversell.md, made again, are the same, and hold the bound', async () => {
  const figures = JSON.parse(await readFile(join(checkoutRoot, 'docs', 'oversell.json'), 'utf8')) as Figures
  expect(playWeekend(draw(figures.seed, figures.stores))).toEqual(figures.weekend)
  for (const { seed, weekend } of figures.spread) {
    expect(playWeekend(draw(seed, figures.stores)), `seed ${seed}`).toEqual(weekend)
    expect(ratioOf(weekend)).toBeLessThanOrEqual(0.02)
  }
})
