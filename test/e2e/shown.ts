/** What the manager's window says on one of its tabs, waited for; a picture of it stays in test-results. */
import { join } from 'node:path'
import { checkoutRoot } from '#scripts/root.ts'
import type { Journey } from './journey.ts'

export const expectShown = (journey: Journey, picture: string, tab: string, words: readonly (string | RegExp)[]): Promise<unknown> =>
  journey.withManager(async (page) => {
    await page.getByRole('tab', { name: tab }).click()
    for (const text of words) await page.getByRole('tabpanel').getByText(text).first().waitFor()
    await page.screenshot({ path: join(checkoutRoot, 'test-results', `${picture}.png`) })
  })
