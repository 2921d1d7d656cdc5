/** What the store manager reads of the connection, in each of its states. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { openManagerBrowser, type ManagerBrowser } from './manager-page.ts'
import { busyView, enrolledStatus } from './views.ts'

const states: [string, Partial<ManagerView['link']>, RegExp][] = [
  ['offline', { state: 'offline' }, /^No connection since/],
  ['sign-in', { state: 'offline', code: 'NETWORK_SIGN_IN' }, /The network wants somebody to sign in first/],
  ['proxy', { state: 'offline', code: 'PROXY_REFUSED' }, /does not let the connection to head office through/],
  ['busy', { state: 'offline', code: 'HUB_BUSY' }, /^Waiting to be let in/],
  ['fell-back', { state: 'refused', code: 'HUB_FELL_BACK' }, /^Nothing is sent to head office/],
  ['too-old', { state: 'refused', code: 'BELOW_FLOOR' }, /Tideline must be updated/],
  ['online', { state: 'online' }, /^Connected to head office/],
]

describe('the connection in the store manager’s window', () => {
  let browser: ManagerBrowser
  beforeAll(async () => {
    browser = await openManagerBrowser(join(checkoutRoot, 'dist', 'renderer'), join(checkoutRoot, 'test-results', 'manager-link'))
  })
  afterAll(() => browser?.close())

  it('[TRN14] [TRN15] [TRN16] says what is the matter and what to do, within the window', async () => {
    const view = busyView(5)
    const { page, push, screenshot } = await browser.open({ status: enrolledStatus, view }, { width: 900 })
    const line = page.getByRole('status', { name: 'Connection to head office' })
    for (const [name, link, words] of states) {
      await push('view.changed', { ...view, link: { ...view.link, ...link } })
      await expect.poll(() => line.textContent()).toMatch(words)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow, name).toBeLessThanOrEqual(0)
      await screenshot(name)
    }
  })
})
