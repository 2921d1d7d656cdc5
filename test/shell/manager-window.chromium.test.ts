/** The store manager's window in a real Chromium, under its real content security policy, fed by scripted states. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { openManagerBrowser, type ManagerBrowser } from './manager-page.ts'
import { faintTexts, unnamedParts } from './page-checks.ts'
import { busyView, enrolledStatus, startingStatus, syncView, transactionAt, viewWith } from './views.ts'

const notEnrolled = { ...enrolledStatus, enrolment: { state: 'needed' }, capture: { state: 'off' }, engine: 'off' } as const

describe('the store manager’s window', () => {
  let browser: ManagerBrowser
  beforeAll(async () => {
    browser = await openManagerBrowser(join(checkoutRoot, 'dist', 'renderer'), join(checkoutRoot, 'test-results', 'manager-window'))
  })
  afterAll(() => browser?.close())

  it('shows store, connection, figures and transactions, each by its role and name', async () => {
    const { page, screenshot } = await browser.open({ status: enrolledStatus, view: busyView() })
    await page.getByRole('heading', { level: 1, name: 'Harbour Street' }).waitFor()
    expect(await page.getByRole('banner').count()).toBe(1)
    expect(await page.getByRole('main').count()).toBe(1)
    expect(await page.getByRole('contentinfo').textContent()).toContain('Tills send to port 7310')
    expect(await page.getByRole('status', { name: 'Connection to head office' }).textContent()).toMatch(
      /^Connected to head office since .*10:32$/,
    )
    const figures = await page
      .locator('dl > div')
      .evaluateAll((tiles) => tiles.map((tile) => [tile.querySelector('dt')?.textContent, tile.querySelector('dd strong')?.textContent]))
    expect(figures).toEqual([
      ['Waiting to be sent', '8'],
      ['Saved here', '1,412'],
      ['At head office', '1,404'],
      ['Booked', '1,390'],
      ['Need attention', '5'],
    ])
    expect(await page.getByRole('columnheader').allTextContents()).toEqual(['Time', 'Till', 'Number', 'Kind', 'Amount', 'State'])
    expect(await page.getByRole('row').nth(5).getByRole('cell').allTextContents()).toEqual([
      '18:55',
      '2',
      '996',
      'Drawer opened',
      '€17.98',
      'Needs attentionAn item on this receipt is not in head office’s item list.',
    ])
    await screenshot('transactions')
  })

  it('tells the four states apart by words and icon, not by colour alone', async () => {
    const { page } = await browser.open({ status: enrolledStatus, view: busyView(5) })
    const marks = page.locator('td .state')
    expect(await marks.allTextContents()).toEqual(['Saved, waiting to be sent', 'At head office', 'Booked', 'Booked', 'Needs attention'])
    const icons = await marks.locator('svg').evaluateAll((all) => all.map((icon) => icon.innerHTML))
    expect(new Set(icons).size).toBe(4)
  })

  it('follows each new view, and announces a lost connection', async () => {
    const { page, push, screenshot } = await browser.open({ status: enrolledStatus, view: viewWith() })
    await page.getByText('No transactions yet today').waitFor()
    const link = page.getByRole('status', { name: 'Connection to head office' })
    expect(await link.getAttribute('aria-live')).toBe('polite')
    await push('view.changed', viewWith({ link: { ...viewWith().link, state: 'offline' }, transactions: [transactionAt(0)] }))
    await page.getByRole('row', { name: /Saved, waiting to be sent/ }).waitFor()
    expect(await link.textContent()).toMatch(/^No connection since .* — sales are kept here and will be sent$/)
    await screenshot('offline')
  })

  it('sorts by any column with the keyboard, and says so', async () => {
    const { page } = await browser.open({ status: enrolledStatus, view: busyView(30) })
    const header = page.getByRole('columnheader', { name: 'Amount' })
    await header.getByRole('button').focus()
    await page.keyboard.press('Enter')
    const shown = async () =>
      (await page.locator('tbody tr td:nth-child(5)').allTextContents()).map((text) => Number(text.replace(/[^\d-]/g, '')))
    const expected = busyView(30).transactions.map((t) => t.grandMinor)
    const first = await header.getAttribute('aria-sort')
    expect(['ascending', 'descending']).toContain(first)
    const direction = first === 'ascending' ? 1 : -1
    expect(await shown()).toEqual(expected.toSorted((a, b) => direction * (a - b)))
    await page.keyboard.press('Enter')
    expect(await header.getAttribute('aria-sort')).toBe(direction === 1 ? 'descending' : 'ascending')
    expect(await shown()).toEqual(expected.toSorted((a, b) => direction * (b - a)))
  })

  it('narrows the list to what needs somebody', async () => {
    const { page } = await browser.open({ status: enrolledStatus, view: busyView(40) })
    await page.getByRole('radiogroup', { name: 'Show' }).getByText('Need attention').click()
    await expect.poll(() => page.locator('tbody tr').count()).toBe(8)
    expect(await page.getByText('8 transactions').count()).toBe(1)
  })

  it('shows price changes: item, old and new price, from when, in force or not', async () => {
    const { page, screenshot } = await browser.open({ status: enrolledStatus, view: busyView() })
    await page.getByRole('tab', { name: /Price changes/ }).click()
    const rows = page.getByRole('row')
    await rows.nth(1).waitFor()
    expect(await rows.nth(1).getByRole('cell').nth(1).getByText('was €17.49, now €18.99').count()).toBe(1)
    expect((await rows.nth(2).getByRole('cell').allTextContents()).slice(2)).toEqual(['Mon 9 Mar, 06:00', 'Not yet'])
    expect(await rows.nth(3).textContent()).toContain('€12.00 (new)')
    await screenshot('prices')
  })

  it('[CAP7] shows what could not be read: when, from where, why in plain words, how it begins', async () => {
    const { page, screenshot } = await browser.open({ status: enrolledStatus, view: busyView() })
    await page.getByRole('tab', { name: /Could not be read/ }).click()
    const first = page.getByRole('listitem').filter({ hasText: 'Received Mon 2 Mar, 12:05' })
    await first.getByRole('heading', { name: /from file till-2\/2026-03-02-0077\.xml/ }).waitFor()
    expect(await first.textContent()).toContain('This receipt belongs to another store.')
    expect(await first.getByText('<RetailStoreID>').isVisible()).toBe(false)
    await first.getByText('How it begins').click()
    expect(await first.getByText('<RetailStoreID>').isVisible()).toBe(true)
    await screenshot('quarantine')
  })

  it('shows a till’s input as text, whatever it contains', async () => {
    const excerpt = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    const [input] = busyView().quarantine
    const { page } = await browser.open({
      status: enrolledStatus,
      view: viewWith({ quarantine: [{ ...input!, source: excerpt, reasons: [excerpt], excerpt }] as ManagerView['quarantine'] }),
    })
    await page.getByRole('tab', { name: /Could not be read/ }).click()
    await page.getByRole('heading', { name: /onerror/ }).waitFor()
    expect(await page.evaluate(() => Reflect.get(window, 'hit'))).toBeUndefined()
  })

  it('syncs now on request, and admits when it cannot', async () => {
    const sending = await browser.open({ status: enrolledStatus, view: busyView(1) })
    await sending.page.getByRole('button', { name: 'Sync now' }).click()
    await sending.page.getByText('Started.').waitFor()
    expect(sending.requests.map(({ method }) => method)).toContain('sync.now')
    const failing = await browser.open({ status: enrolledStatus, view: busyView(1), syncFails: true })
    await failing.page.getByRole('button', { name: 'Sync now' }).click()
    await failing.page.getByText('Could not be started. It will be tried again by itself.').waitFor()
  })

  it('[CAP12] while the engine starts or restarts, says that sales are taken and how many are safe', async () => {
    const { page, push, screenshot } = await browser.open({ status: startingStatus, view: null })
    await page.getByText('Reading what this computer has saved…').waitFor()
    await page.getByText('412 records are safe in this computer’s journal. Sales are being taken.').waitFor()
    expect(await page.getByRole('button', { name: 'Sync now' }).isDisabled()).toBe(true)
    await screenshot('starting')
    await push('view.changed', busyView(3))
    await push('agent.changed', { ...enrolledStatus, engine: 'restarting' })
    await page.getByText('The local database is restarting — sales are still taken from the tills').waitFor()
    expect(await page.getByRole('row').count()).toBe(4)
  })

  it('[CAP12] shouts when sales are not being taken', async () => {
    const capture = { state: 'failed', message: 'Port 7310 is used by another program' } as const
    const { page, screenshot } = await browser.open({ status: { ...startingStatus, capture }, view: null }, { width: 800, height: 620 })
    expect(await page.getByRole('alert').textContent()).toContain('Sales are not being taken from the tills')
    expect(await page.getByRole('alert').textContent()).toContain('Port 7310 is used by another program.')
    await screenshot('not-capturing')
  })

  it('[TRN11] enrols: checks the entry, tidies the code, sends both, shows the hub’s refusal in plain words', async () => {
    const { page, requests, screenshot } = await browser.open({
      status: notEnrolled,
      view: null,
      enrol: { outcome: 'refused', code: 'BAD_ENROLMENT_CODE', message: 'used' },
    })
    const submit = page.getByRole('button', { name: 'Connect this store' })
    await submit.click()
    await page.getByText('The address must begin with https:// or http://').waitFor()
    expect(await page.getByLabel('One-time code').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Address of head office').fill('https://hub.example')
    await page.getByLabel('One-time code').fill('abcd efgh jklm')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('alert').textContent()).toBe('This code is wrong, already used or too old. Ask head office for a new one.')
    expect(requests.filter(({ method }) => method === 'enrolment.submit')).toEqual([
      { method: 'enrolment.submit', params: { hubUrl: 'https://hub.example', code: 'ABCD-EFGH-JKLM' } },
    ])
    await screenshot('enrolment')
  })

  it('[OPS3] admits a weak vault in the small print', async () => {
    const { page } = await browser.open({ status: { ...enrolledStatus, protection: 'file-permissions' }, view: viewWith() })
    expect(await page.getByRole('contentinfo').textContent()).toContain('This computer cannot encrypt its key')
    const strong = await browser.open({ status: enrolledStatus, view: viewWith() })
    expect(await strong.page.getByRole('contentinfo').textContent()).not.toContain('encrypt')
  })

  it('follows the system’s light or dark, and is readable in both', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, screenshot } = await browser.open({ status: enrolledStatus, view: busyView() }, { colorScheme })
      await page.getByRole('row').nth(5).waitFor()
      expect(await faintTexts(page)).toEqual([])
      await screenshot(colorScheme)
    }
  })

  it('[TRN19] [TRN20] [TRN21] shows how the store talks to head office, and syncs now on request', async () => {
    const { page, push, requests, screenshot } = await browser.open({ status: enrolledStatus, view: syncView() })
    await page.getByRole('tab', { name: 'Head office' }).click()
    const panel = page.getByRole('region', { name: 'Talking to head office' })
    const rows = await panel.getByRole('row').evaluateAll((all) => all.map((row) => row.textContent))
    expect(rows.slice(1)).toEqual([
      'Sales, changed items and prices, alertsAt any time',
      expect.stringMatching(/^What was booked, and checksNow, until /),
      expect.stringMatching(/^Large loads, such as the first item listWaits until /),
    ])
    expect(await panel.getByText('34 MB of 500 MB').count()).toBe(1)
    expect(await panel.getByText('1,312 records and changes from head office').count()).toBe(1)
    expect(await panel.getByText('this may cost money').count()).toBe(1)
    expect([...(await faintTexts(page)), ...(await unnamedParts(page))]).toEqual([])
    await screenshot('head-office')
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByText('Started.').waitFor()
    expect(requests.map(({ method }) => method)).toContain('sync.now')
    await push('view.changed', syncView({ overridden: true }))
    await panel.getByText('Everything is being sent and fetched now').waitFor()
    expect(await panel.getByText('Now, because somebody asked for it').count()).toBe(1)
    await screenshot('head-office-sync-now')
  })

  it('shows the panel of head office in the dark and in a small window', async () => {
    const { page, screenshot } = await browser.open(
      { status: enrolledStatus, view: syncView() },
      { colorScheme: 'dark', width: 720, height: 520 },
    )
    await page.getByRole('tab', { name: 'Head office' }).click()
    await page.getByRole('button', { name: 'Sync now' }).scrollIntoViewIfNeeded()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(await faintTexts(page)).toEqual([])
    await screenshot('head-office-small')
  })

  it('stays usable in a small window', async () => {
    const { page, screenshot } = await browser.open({ status: enrolledStatus, view: busyView() }, { width: 720, height: 520 })
    await page.getByRole('row').nth(1).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await page.getByRole('row').nth(5).scrollIntoViewIfNeeded()
    expect(await page.getByRole('row').nth(5).isVisible()).toBe(true)
    await screenshot('small')
  })

  it('draws two hundred rows, and each new view, without making anybody wait', async () => {
    const { page, push } = await browser.open({ status: enrolledStatus, view: busyView(200) })
    await expect.poll(() => page.locator('tbody tr').count()).toBe(200)
    const views = [1, 2, 3, 4, 5].map((waiting) => ({ ...busyView(200), pending: { count: waiting } }))
    const started = performance.now()
    for (const view of views) {
      await push('view.changed', view)
      await expect.poll(() => page.locator('dl dd strong').first().textContent(), { interval: 5 }).toBe(String(view.pending.count))
    }
    const eachMs = (performance.now() - started) / views.length
    expect(eachMs).toBeLessThan(1_000)
  })

  it('shows a page that says sales go on when drawing itself fails', async () => {
    const { page, push, screenshot } = await browser.open({ status: enrolledStatus, view: busyView(1) })
    await push('view.changed', viewWith({ transactions: [{ ...transactionAt(0), currency: 'not a currency' }] }))
    expect(await page.getByRole('alert').textContent()).toContain('Sales are still taken in the background')
    await screenshot('fault')
  })

  it('[CAP3] says for some days that the disk was restored, and that nothing is to be done', async () => {
    const at = new Date().toISOString()
    const newLife = (when: string) =>
      ({ ...enrolledStatus, capture: { ...enrolledStatus.capture, newLife: { at: when, records: 412 } } }) as AgentStatus
    const { page, push, screenshot } = await browser.open({ status: newLife(at), view: busyView() })
    await page.getByText('412 saved records are being sent again').waitFor()
    await screenshot('restored')
    await push('agent.changed', newLife('2026-03-02T09:32:00.000Z'))
    await page.getByText('412 saved records').waitFor({ state: 'detached' })
  })

  it('shows a refused store whose tills cannot be taken, in the smallest window', async () => {
    const refused = { state: 'refused', since: viewWith().link.since, code: 'JOURNAL_BEHIND', message: 'x' } as const
    const failed = { ...enrolledStatus, capture: { state: 'failed', message: 'The port 7310 is taken' } } as AgentStatus
    const { page, screenshot } = await browser.open({ status: failed, view: { ...busyView(), link: refused } }, { width: 900, height: 620 })
    await page.getByText('Sales are not being taken from the tills').waitFor()
    await screenshot('refused-small')
    await page.getByRole('tab', { name: /Could not be read/ }).click()
    await page.getByText('Detail for support: store 0099').waitFor()
    await screenshot('quarantine-small')
  })
})
