/** What the manager's window says of capture itself: what to check, the days, room on the disk, work under way. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkoutRoot } from '#scripts/root.ts'
import type { Page } from 'playwright'
import { openManagerBrowser, type ManagerBrowser } from './manager-page.ts'
import { faintTexts, unnamedParts } from './page-checks.ts'
import { busyStatus, busyView, enrolledStatus, openExceptions, startingStatus, statusWith, viewWith } from './views.ts'

const sizes = [
  { name: 'wide', width: 1240, height: 860 },
  { name: 'minimum', width: 900, height: 620 },
] as const

/** Nothing to scroll sideways: neither the page, nor a list inside it. */
const sidewaysParts = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.content, .table-frame, [role=tabpanel], [role=tablist], table, .tiles')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1)
      .map((part) => `${part.tagName} ${part.className} ${part.scrollWidth} > ${part.clientWidth}`),
  )

describe('the store manager’s window on capture', () => {
  let browser: ManagerBrowser
  beforeAll(async () => {
    browser = await openManagerBrowser(join(checkoutRoot, 'dist', 'renderer'), join(checkoutRoot, 'test-results', 'manager-window'))
  })
  afterAll(() => browser?.close())

  it('[CMP3] [CAP18] [HUB7] lists what to check, newest first: what it is, where, the money, and what to do', async () => {
    const { page, push } = await browser.open({ status: busyStatus(), view: busyView() })
    const tab = page.getByRole('tab', { name: /To check/ })
    expect(await tab.textContent()).toBe('To check7')
    expect(await page.locator('dl > div').last().textContent()).toBe('Need attention123 sales, 2 not readable, 7 to check')
    await tab.click()
    expect(await page.getByRole('tabpanel').getByRole('heading').allTextContents()).toEqual([
      'The till’s day does not agree with its receipts',
      'A receipt number is missing',
      'A receipt number is missing',
      'Two reports of the same receipt do not agree',
      'A receipt does not add up',
      'A receipt number was used twice',
      'A part of what this computer had saved was damaged',
    ])
    const items = page.locator('.to-check')
    expect(await items.nth(0).locator('.facts li').allTextContents()).toEqual(['Till 3', 'Mon 2 Mar', '€12.50'])
    expect(await items.nth(1).locator('.facts li').allTextContents()).toEqual(['Till 2', 'Receipt 1051', 'Mon 2 Mar'])
    expect(await items.nth(1).textContent()).toContain('noticed Mon 2 Mar, 12:10')
    expect(await items.nth(1).textContent()).toContain('Till 2 sent receipts 1050 (at 11:42) and 1052 (at 11:47), but not 1051.')
    expect(await items.nth(4).locator('.facts li').allTextContents()).toEqual(['Till 1', 'Receipt 612', 'Sat 28 Feb', '€23.40'])
    expect(await items.nth(1).textContent()).toContain('What to do: Look for this receipt at the till.')
    await push('agent.changed', statusWith({ exceptions: openExceptions.slice(2), exceptionCount: 340 }))
    await page.getByText('The newest 5 of 340 are shown.').waitFor()
    await push('agent.changed', enrolledStatus)
    await page.getByRole('heading', { name: 'Nothing to check' }).waitFor()
    expect(await tab.textContent()).toBe('To check')
  })

  it('[CMP1] [CMP4] shows for each day and till whether every receipt is here, in plain words', async () => {
    const { page } = await browser.open({ status: busyStatus(), view: busyView() })
    await page.getByRole('tab', { name: 'Days' }).click()
    const days = page.locator('.day')
    expect(await days.locator('.day-bar').allTextContents()).toEqual([
      'Mon 2 Mar2 numbers are missingClosed Mon 2 Mar, 21:14',
      'Sun 1 MarEvery receipt is hereClosed Sun 1 Mar, 20:02',
      'Sat 28 Feb2 receipts could not be readNot closed yet',
    ])
    const table = page.getByRole('table', { name: 'Mon 2 Mar' })
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['Till', 'Numbers', 'Receipts', 'Close of the day'])
    const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)))
    expect(rows).toEqual([
      ['1', '801 to 1014', 'All 214 receipts are hereIncluding 2 suspended, 1 cancelled and 3 for training.', 'Closed; the till agrees'],
      [
        '2',
        '1001 to 1083',
        '2 receipt numbers are missing: 1043, 105181 receipts are here.1 of them could not be read: see “Could not be read”.',
        'Closed; the till gave no totals of its own',
      ],
      ['3', '512 to 608', 'All 97 receipts are here', 'Closed; the till’s totals differ, see “To check”'],
    ])
    expect(await page.getByRole('table', { name: 'Sun 1 Mar' }).textContent()).toContain('9990 to 9999 were never used')
    const fresh = await browser.open({ status: enrolledStatus, view: viewWith() })
    await fresh.page.getByRole('tab', { name: 'Days' }).click()
    await fresh.page.getByRole('heading', { name: 'No business day yet' }).waitFor()
  })

  it('[CAP12] shows both also while the engine is away', async () => {
    const { page, screenshot } = await browser.open({ status: busyStatus({ engine: 'starting' }), view: null })
    await page.getByText('Reading what this computer has saved…').waitFor()
    await screenshot('engine-away')
    await page.getByRole('tab', { name: /To check/ }).click()
    await page.getByRole('heading', { name: 'A receipt number is missing' }).first().waitFor()
    await page.getByRole('tab', { name: 'Days' }).click()
    await page.getByText('2 receipt numbers are missing: 1043, 1051').waitFor()
    await page.getByRole('tab', { name: 'Price changes' }).click()
    await page.getByText('Reading what this computer has saved…').waitFor()
  })

  it('goes through tabs and lists with the keyboard', async () => {
    const { page } = await browser.open({ status: busyStatus(), view: busyView() }, { width: 900, height: 620 })
    await page.getByRole('tab', { name: /Today’s transactions/ }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('heading', { name: 'A receipt number is missing' }).first().waitFor()
    const selected = () => page.getByRole('tab', { selected: true }).textContent()
    expect(await selected()).toBe('To check7')
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(await focused()).toBe('To check')
    const list = page.getByRole('region', { name: 'To check' })
    await page.keyboard.press('End')
    await expect.poll(() => list.evaluate((part) => part.scrollTop)).toBeGreaterThan(0)
    await page.getByRole('tab', { name: /To check/ }).focus()
    await page.keyboard.press('ArrowRight')
    expect(await selected()).toBe('Days')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Business days, newest first')
  })

  it.each([
    ['low', 'status', 'This computer’s disk is getting full', '812 MB of free space left.'],
    ['reserve', 'status', 'sales go into the last reserve', '4 MB of free space left.'],
    ['full', 'alert', 'The disk is full: sales are not being taken', 'Less than 1 MB of free space left.'],
    ['failing', 'alert', 'The disk cannot be written to: sales are not being taken', 'Detail for support: EROFS: read-only file system'],
  ] as const)('[JNL3] a disk that is %s: what it means and what to do', async (state, role, title, text) => {
    const freeBytes = { low: 812_400_000, reserve: 4_100_000, full: 12_000, failing: 0 }[state]
    const message = state === 'failing' ? 'EROFS: read-only file system' : undefined
    const disk = { state, freeBytes, ...(message ? { message } : {}) }
    const { page, push, screenshot } = await browser.open({ status: statusWith({ disk }), view: busyView() }, { width: 900, height: 620 })
    const alert = page.getByRole(role).filter({ hasText: title })
    await alert.waitFor()
    expect(await alert.textContent()).toContain(text)
    expect(await alert.textContent()).toMatch(/call support/i)
    expect(await sidewaysParts(page)).toEqual([])
    expect(await faintTexts(page)).toEqual([])
    await screenshot(`disk-${state}`)
    await push('agent.changed', enrolledStatus)
    await alert.waitFor({ state: 'detached' })
  })

  it('[CAP21] [CAP2] shows files being read, and how far what was saved is restored', async () => {
    const file = (name: string, readBytes: number, taken: number) => ({ name, readBytes, totalBytes: 1_000, taken })
    const files = [file('till-1/2026-03-01.xml', 439, 12_480), file(`${'long-name-'.repeat(16)}.csv`, 1_000, 1), file('c.xml', 0, 0)]
    const status = statusWith({ files: [...files, file('d.xml', 1, 0), file('e.xml', 1, 0)] })
    const view = viewWith({ rebuild: { records: 12_000, total: 100_000 } })
    const { page, push, screenshot } = await browser.open({ status, view }, { width: 900, height: 620 })
    const underWay = page.getByRole('region', { name: 'Under way' })
    await underWay.waitFor()
    expect(await underWay.getByRole('listitem').allTextContents()).toEqual([
      'Restoring what this computer has saved: 12,000 of 100,000',
      'Reading till-1/2026-03-01.xml: 43 %, 12,480 receipts taken',
      `Reading …${files[1]!.name.slice(-55)}: 100 %, 1 receipt taken`,
      'Reading c.xml: 0 %, 0 receipts taken',
      'and 2 more files',
    ])
    const bars = page.getByRole('progressbar')
    expect(await bars.evaluateAll((all) => all.map((bar) => [bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-label')]))).toEqual([
      ['12', 'Restoring what this computer has saved: 12,000 of 100,000'],
      ['43', 'Reading till-1/2026-03-01.xml: 43 %, 12,480 receipts taken'],
      ['100', `Reading …${files[1]!.name.slice(-55)}: 100 %, 1 receipt taken`],
      ['0', 'Reading c.xml: 0 %, 0 receipts taken'],
    ])
    expect(await sidewaysParts(page)).toEqual([])
    await screenshot('progress')
    await push('view.changed', viewWith())
    await push('agent.changed', enrolledStatus)
    await underWay.waitFor({ state: 'detached' })
  })

  it('fits the wide and the smallest window, readable in light and dark, every part with a name', async () => {
    for (const { name, width, height } of sizes) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, screenshot } = await browser.open({ status: busyStatus(), view: busyView() }, { width, height, colorScheme })
        for (const [tab, shot] of [
          ['To check', 'check'],
          ['Days', 'days'],
        ] as const) {
          await page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click()
          await page.getByRole('tabpanel').getByRole('heading').first().waitFor()
          expect(await sidewaysParts(page), `${shot} ${name}`).toEqual([])
          expect(await faintTexts(page), `${shot} ${name} ${colorScheme}`).toEqual([])
          expect(await unnamedParts(page)).toEqual([])
          // The list begins high enough to be read without scrolling first.
          const top = await page.getByRole('tabpanel').evaluate((panel) => panel.getBoundingClientRect().top)
          expect(top).toBeLessThan(height * 0.6)
          await screenshot(`${shot}-${name}${colorScheme === 'dark' ? '-dark' : ''}`)
        }
        await page.close()
      }
    }
  })

  it('says nothing of days and checks while sales are not being taken', async () => {
    const capture = { state: 'failed', message: 'Port 7310 is used by another program' } as const
    const { page } = await browser.open({ status: { ...startingStatus, capture }, view: busyView() })
    await page.getByRole('tab', { name: /Price changes/ }).waitFor()
    expect(await page.getByRole('tab').count()).toBe(3)
  })
})
