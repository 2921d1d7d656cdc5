/** What the manager's window says of head office's look at this store: the comparison of days, and support's question for a bundle. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkoutRoot } from '#scripts/root.ts'
import { bundleText } from '#main/diagnostics/bundle.ts'
import { managerViewSchema, type ManagerView } from '#sync/contract/ipc.ts'
import { openManagerBrowser, type ManagerBrowser } from './manager-page.ts'
import { faintTexts, unnamedParts } from './page-checks.ts'
import { busyStatus, busyView, enrolledStatus } from './views.ts'

const diagnosticsRequest = { requestId: 'diag-0001', reason: 'Prices arrive late in your store since Monday. We would like to see why.' }
const asked = busyStatus({ diagnosticsRequest })

const comparedView = (differing: string[]): ManagerView =>
  managerViewSchema.parse({
    ...busyView(),
    sync: {
      ...{ windows: [], overridden: false, caps: { metered: false, usedBytesToday: 0 } },
      compared: { at: '2026-03-02T09:32:00.000Z', days: 12, differing },
    },
  })

const text = bundleText({
  ...{ requestId: 'diag-0001', madeAt: '2026-03-02T10:00:00.000Z', platform: 'Linux 6.1', uptimeSeconds: 86_400 },
  ...{ settings: { dataDir: '/srv/tideline', hubUrl: 'https://hub.example.com' }, status: enrolledStatus, view: busyView() },
  versions: { agent: '0.1.0', node: '24.0.0', electron: '33.2.1', chrome: '130' },
  journal: {
    incarnation: 'aaaaaaaaaaaa',
    seq: 412,
    missing: [],
    segments: [{ name: 'aaaaaaaaaaaa-000000000001.jsonl', bytes: 512_000 }],
    otherFiles: 1,
  },
  logLines: Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({ level: 30, time: '2026-03-02T09:00:00.000Z', pid: 1, msg: `The file Erika-${i}.xml was read.`, records: i }),
  ),
})

describe('the store manager’s window on oversight', () => {
  let browser: ManagerBrowser
  beforeAll(async () => {
    browser = await openManagerBrowser(join(checkoutRoot, 'dist', 'renderer'), join(checkoutRoot, 'test-results', 'manager-window'))
  })
  afterAll(() => browser?.close())

  it('[OPS7] asks the manager: who, why, what is in it and what is not, with a yes and a no', async () => {
    const { page, requests, screenshot } = await browser.open({ status: asked, view: busyView() })
    const dialog = page.getByRole('dialog', { name: 'Support asks for a report on this computer' })
    await dialog.waitFor()
    expect(await dialog.locator('blockquote').textContent()).toBe(diagnosticsRequest.reason)
    expect(await dialog.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['What is in it', 'What is not in it'])
    expect(await dialog.getByRole('listitem').count()).toBe(8)
    await screenshot('support-asks')
    expect(await faintTexts(page)).toEqual([])
    expect(await unnamedParts(page)).toEqual([])
    await dialog.getByRole('button', { name: 'No, do not send it' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(requests.filter(({ method }) => method.startsWith('diagnostics.'))).toEqual([
      { method: 'diagnostics.decide', params: { requestId: 'diag-0001', granted: false } },
    ])
  })
  it('[OPS7] shows exactly what would be sent, before a yes', async () => {
    const { page, requests, screenshot, push } = await browser.open({ status: asked, view: busyView(), preview: { text, bytes: 81_400 } })
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'See exactly what would be sent' }).click()
    const shown = dialog.getByRole('region', { name: 'Exactly what would be sent' })
    expect(await shown.textContent()).toBe(text)
    expect(text).not.toContain('Erika')
    expect(await dialog.getByText('82 kB on its way').count()).toBe(1)
    await screenshot('support-preview')
    await dialog.getByRole('button', { name: 'Yes, send it' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(requests.at(-1)).toEqual({ method: 'diagnostics.decide', params: { requestId: 'diag-0001', granted: true } })
    await push('agent.changed', busyStatus())
    await page.getByText('Nothing has been sent. You decide.').waitFor({ state: 'hidden' })
  })
  it('[OPS7] put off, the question stays in the page and nothing is answered', async () => {
    const { page, requests, screenshot } = await browser.open(
      { status: asked, view: busyView() },
      { width: 900, height: 620, colorScheme: 'dark' },
    )
    await page.getByRole('dialog').waitFor()
    await screenshot('support-asks-dark-small')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByText('Nothing has been sent. You decide.').waitFor()
    await screenshot('support-later')
    expect(await faintTexts(page)).toEqual([])
    expect(requests.some(({ method }) => method === 'diagnostics.decide')).toBe(false)
    await page.getByRole('button', { name: 'Read and answer' }).click()
    await page.getByRole('dialog').waitFor()
  })
  it('[TRN22] says above the days whether store and head office have the same', async () => {
    const { page, push, screenshot } = await browser.open({ status: busyStatus(), view: comparedView([]) })
    await page.getByRole('tab', { name: /days/i }).click()
    await page.getByText(/^Compared with head office at .*10:32: all 12 days agree$/).waitFor()
    await screenshot('days-agree')
    await push('view.changed', comparedView(['2026-03-01']))
    await page.getByText(/Sun 1 Mar differs\. Head office has been told/).waitFor()
    expect(await faintTexts(page)).toEqual([])
    await screenshot('days-differ')
  })
})
