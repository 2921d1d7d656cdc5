/** The agent as a store manager meets it: the real Electron, from the first start to a crash of the engine window. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '#demo/seeded-random.ts'
import { ringUp, type ShelfItem } from '#demo/till-sale.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { openAgentApp, type AgentApp } from '#test/shell/agent-app.ts'
import { openEnrolmentDesk, type EnrolmentDesk } from '#test/shell/enrolment-desk.ts'
import { store } from '#test/shell/views.ts'

const goodCode = 'ABCD-EFGH-JKLM'
const shots = join(checkoutRoot, 'test-results', 'agent-window')
const shelf: ShelfItem[] = [
  {
    itemId: '100-2001',
    name: 'Espresso beans',
    barcode: '4006381333931',
    unit: 'each',
    priceMinor: 1_899,
    taxCode: 'S',
    taxRateMicro: 190_000,
  },
]

const random = seededRandom(7)
const saleNumber = (number: number) =>
  ringUp(random, { storeId: store.storeId, workstationId: '3', currency: store.currency, operatorId: '1' }, number, new Date(), shelf)

describe('the agent in Electron', () => {
  let desk: EnrolmentDesk
  let agent: AgentApp
  let httpPort = 0

  beforeAll(async () => {
    desk = await openEnrolmentDesk(goodCode)
    agent = await openAgentApp()
  })
  afterAll(async () => {
    await agent?.close()
    await desk?.close()
  })

  it('[TRN11] starts un-enrolled, refuses a wrong code in plain words, and enrols with the right one without a restart', async () => {
    const manager = await agent.page('manager')
    await manager.getByRole('heading', { name: 'Set up this computer' }).waitFor()
    await manager.getByLabel('Address of head office').fill(desk.url)
    await manager.getByLabel('One-time code').fill('zzzz-zzzz-zzzz')
    await manager.getByRole('button', { name: 'Connect this store' }).click()
    await manager.getByText('This code is wrong, already used or too old').waitFor()
    await manager.screenshot({ path: join(shots, 'enrolment.png') })

    await manager.getByLabel('One-time code').fill(goodCode.toLowerCase())
    await manager.getByRole('button', { name: 'Connect this store' }).click()
    await manager.getByRole('heading', { name: store.storeName }).waitFor()
    const till = await manager.getByText(/Tills send to port \d+/).textContent()
    httpPort = Number(/\d+/.exec(till ?? '')![0])
  })

  it('shows a sale as saved and waiting, the moment a till has sent it', async () => {
    const manager = await agent.page('manager')
    expect((await agent.post(httpPort, saleNumber(1))).status).toBe(201)
    await manager.getByRole('row', { name: /Saved, waiting to be sent/ }).waitFor()
    expect(await manager.getByRole('row').count()).toBe(2)
    await manager.screenshot({ path: join(shots, 'captured.png') })
  })

  it('[CAP12] takes sales while the engine window is dead, and shows them when another has opened', async () => {
    const manager = await agent.page('manager')
    await agent.page('engine')
    const killEngine = () =>
      agent.electron.evaluate(({ webContents }) => {
        const engine = webContents.getAllWebContents().find((contents) => contents.getURL().includes('/engine/'))
        engine?.forcefullyCrashRenderer()
        return engine !== undefined
      })
    expect(await killEngine()).toBe(true)
    await manager.getByText('The local database is restarting').waitFor()
    for (const number of [2, 3]) expect((await agent.post(httpPort, saleNumber(number))).status).toBe(201)
    await expect.poll(() => manager.getByRole('row', { name: /Saved, waiting to be sent/ }).count(), { timeout: 60_000 }).toBe(3)
    expect(await manager.getByText('The local database is restarting').count()).toBe(0)
    expect(await agent.log()).toContain('The engine window is gone')
  })

  it('[CAP12] opens another engine window when one gives up by closing itself', async () => {
    const manager = await agent.page('manager')
    const ended = (await agent.log()).split('The engine window is gone (closed)').length
    await (await agent.page('engine')).evaluate(() => void setTimeout(() => window.close(), 50))
    await expect
      .poll(async () => (await agent.log()).split('The engine window is gone (closed)').length, { timeout: 20_000 })
      .toBe(ended + 1)
    await manager.getByText('The local database is restarting').waitFor({ state: 'detached', timeout: 60_000 })
    await agent.page('engine')
    expect((await agent.post(httpPort, saleNumber(4))).status).toBe(201)
    await manager
      .getByRole('row', { name: /Saved, waiting to be sent/ })
      .nth(3)
      .waitFor()
  })

  it('[TRN8] gives its pages no Node, no way out, and only their own requests', async () => {
    const preferences = await agent.electron.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((contents) => {
        const { sandbox, contextIsolation, nodeIntegration, webSecurity } = (
          contents as unknown as { getLastWebPreferences(): Electron.WebPreferences }
        ).getLastWebPreferences()
        return { sandbox, contextIsolation, nodeIntegration, webSecurity }
      }),
    )
    expect(preferences).toEqual(
      Array.from({ length: 2 }, () => ({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true })),
    )
    for (const role of ['manager', 'engine'] as const) {
      const page = await agent.page(role)
      const seen = await page.evaluate(
        async (ask) => {
          const runsInlineScript = (): boolean => {
            const script = document.createElement('script')
            script.textContent = 'window.ran = true'
            document.head.append(script)
            return Reflect.get(window, 'ran') === true
          }
          const violations = new Set<string>()
          document.addEventListener('securitypolicyviolation', (event) => violations.add(`${event.effectiveDirective} ${event.blockedURI}`))
          const refusal = (promise: Promise<unknown>) =>
            promise.then(
              () => 'allowed',
              (fault: Error) => fault.message,
            )
          return {
            node: [typeof Reflect.get(window, 'require'), typeof Reflect.get(window, 'process'), typeof Reflect.get(window, 'Buffer')],
            opened: window.open('https://example.com') === null,
            fetched: await refusal(fetch('https://example.com')),
            inlineScript: runsInlineScript(),
            other: await refusal(window.tideline.request(ask, null)),
            notification: await Notification.requestPermission(),
            violations: [...violations],
          }
        },
        role === 'manager' ? 'journal.head' : 'agent.status',
      )
      expect(seen).toEqual({
        node: ['undefined', 'undefined', 'undefined'],
        opened: true,
        fetched: 'Failed to fetch',
        inlineScript: false,
        violations: ['connect-src https://example.com/', 'script-src-elem inline'],
        other: expect.stringContaining('UNKNOWN_MESSAGE'),
        notification: 'denied',
      })
    }
  })

  it('[TRN8] lets no page leave its address', async () => {
    await agent.electron.evaluate(({ webContents }) => {
      const seen = { asked: [] as string[], left: [] as string[] }
      Reflect.set(globalThis, 'navigations', seen)
      for (const contents of webContents.getAllWebContents()) {
        contents.on('will-frame-navigate', ({ url }) => seen.asked.push(url))
        contents.on('did-navigate', (_event, url) => seen.left.push(url))
      }
    })
    const goals = ['https://example.com/', 'app://agent/manager/index.html?elsewhere']
    for (const role of ['manager', 'engine'] as const) {
      for (const goal of goals) await (await agent.page(role)).evaluate((url) => void (location.href = url), goal)
    }
    const navigations = () => agent.electron.evaluate(() => Reflect.get(globalThis, 'navigations') as { asked: string[]; left: string[] })
    await expect.poll(async () => (await navigations()).asked).toEqual([...goals, ...goals])
    const idle = () =>
      agent.electron.evaluate(({ webContents }) => webContents.getAllWebContents().every((contents) => !contents.isLoading()))
    await expect.poll(idle).toBe(true)
    expect((await navigations()).left).toEqual([])
    for (const role of ['manager', 'engine'] as const) expect((await agent.page(role)).url()).toBe(`app://agent/${role}/index.html`)
  })

  it('signs hellos and nothing else, and serves no file outside its pages', async () => {
    const engine = await agent.page('engine')
    const result = await engine.evaluate(async () => ({
      hello: await window.tideline.request('device.sign', { text: 'tideline hello\nnonce\ndev\ninc' }),
      other: await window.tideline.request('device.sign', { text: 'pay 1000' }).then(
        () => 'signed',
        (fault: Error) => fault.message,
      ),
      files: await Promise.all(
        ['/../main/main.cjs', '/%2e%2e/main/main.cjs', '/..%2fmain/main.cjs'].map((path) =>
          fetch(`app://agent${path}`).then((answer) => answer.status),
        ),
      ),
    }))
    expect(result).toEqual({
      hello: expect.stringMatching(/^[\w-]{86}$/),
      other: expect.stringContaining('INVALID'),
      files: [404, 404, 404],
    })
  })

  it('[OPS3] says in the log how its key is protected', async () => {
    expect(await agent.log()).toMatch(/"protection":"(file-permissions|operating-system)"/)
  })
})
