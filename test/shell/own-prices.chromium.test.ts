/** What the manager's window says of prices that the store set itself. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkoutRoot } from '#scripts/root.ts'
import { managerViewSchema } from '#sync/contract/ipc.ts'
import { openManagerBrowser, type ManagerBrowser } from './manager-page.ts'
import { faintTexts } from './page-checks.ts'
import { enrolledStatus, viewWith } from './views.ts'

let browser: ManagerBrowser
beforeAll(async () => {
  browser = await openManagerBrowser(join(checkoutRoot, 'dist', 'renderer'), join(checkoutRoot, 'test-results', 'manager-window'))
})
afterAll(() => browser?.close())

const own = (overrideId: string, change: object) => ({
  ...{ overrideId, itemId: 'SKU-001', name: 'Oat drink 1 l', amountMinor: 99, previousMinor: 249, currency: 'EUR' },
  ...{ effectiveFrom: '2026-03-02T08:00:00.000Z', reason: 'near its date', inForce: true, state: 'at-hub', ...change },
})

it('[MRG43] lists the store’s own prices: from what to what, since when, whether in force, and what head office says', async () => {
  const ownPrices = managerViewSchema.shape.ownPrices.parse([
    own('o3', { state: 'captured', effectiveTo: '2026-03-02T19:00:00.000Z' }),
    own('o2', { itemId: 'SKU-002', name: 'Rye bread', state: 'posted', inForce: true }),
    own('o1', {
      ...{ itemId: 'SKU-003', name: 'Butter 250 g', state: 'held', inForce: false },
      word: 'Head office changed the price to 2.79 before it knew of yours; the rule “promotions” lets head office’s price stand.',
    }),
  ])
  const { page, screenshot } = await browser.open({ status: enrolledStatus, view: viewWith({ ownPrices }) }, { width: 900, height: 620 })
  await page.getByRole('tab', { name: /Price changes/ }).click()
  const table = page.getByRole('table', { name: 'This store’s own prices, newest first' })
  await table.waitFor()
  await screenshot('own-prices')
  const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => row.textContent))
  expect(rows).toHaveLength(3)
  expect(rows[0]).toContain('Oat drink 1 l (SKU-001)')
  expect(rows[0]).toContain('€0.99')
  expect(rows[0]).toContain('€2.49')
  expect(rows[0]).toContain('In force')
  expect(rows[0]).toContain('Not sent yet')
  expect(rows[1]).toContain('Accepted')
  expect(rows[2]).toContain('Not in force')
  expect(rows[2]).toContain('lets head office’s price stand')
  expect(await faintTexts(page)).toEqual([])
})
