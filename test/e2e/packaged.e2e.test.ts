/** The application as a store gets it: packaged, started from its own folder, from enrolment to the first sale at the hub. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type AgentProcess, startAgentProcess } from '#demo/agent-process.ts'
import { type HubProcess, openStoreAtHub, removeHubDatabase, startHubProcess } from '#demo/hub-process.ts'
import { type HubLedger, openHubLedger } from '#demo/ledgers.ts'
import { seededRandom } from '#demo/seeded-random.ts'
import { ringUp } from '#demo/till-sale.ts'
import { overHttp } from '#demo/tills.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Display, openDisplay } from '../../scripts/display.ts'
import { packageAgent } from '../../scripts/package.ts'
import { checkoutRoot } from '../../scripts/root.ts'

const store = { storeId: 'S042', name: 'Store 042', currency: 'EUR', timeZone: 'Europe/Stockholm' }
const shelf = [
  {
    itemId: 'SKU-1',
    barcode: '4000000000017',
    name: 'Article 1',
    unit: 'each' as const,
    priceMinor: 1250,
    taxCode: 'VAT25',
    taxRateMicro: 250_000,
  },
]

describe('the packaged agent', () => {
  let dir: string
  let display: Display
  let hub: HubProcess
  let ledger: HubLedger
  let agent: AgentProcess

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tideline-packaged-'))
    const executable = await packageAgent({ platform: 'linux', installers: false })
    display = await openDisplay()
    hub = await startHubProcess({ checkout: checkoutRoot, dir, erp: undefined, port: 0 })
    ledger = await openHubLedger(hub.ready.databaseUrl)
    const enrolmentCode = await openStoreAtHub(hub, store)
    agent = await startAgentProcess({
      appDir: undefined,
      executable,
      dir,
      hubUrl: hub.ready.url,
      enrolmentCode,
      httpPort: 0,
      display: display.env,
      showWindow: true,
    })
  }, 180_000)

  afterAll(async () => {
    await agent?.stop()
    await ledger?.close()
    await hub?.stop()
    await display?.stop()
    await removeHubDatabase(dir)
    await rm(dir, { recursive: true, force: true })
  }, 60_000)

  it('[OPS4] enrols, captures a sale and brings it to the hub', async () => {
    const till = { storeId: store.storeId, workstationId: 'T1', currency: store.currency, operatorId: '1' }
    const sale = ringUp(seededRandom(1), till, 1, new Date('2026-03-01T10:00:00Z'), shelf)
    await overHttp(() => ({ url: agent.url, token: agent.token }))(sale)
    const expected = [{ key: naturalKeyOf(sale), grandMinor: sale.totals.grandMinor }]
    const deadline = performance.now() + 60_000
    while ((await ledger.sales()).length === 0 && performance.now() < deadline) await delay(100)
    expect(await ledger.sales()).toEqual(expected)
  })
})
