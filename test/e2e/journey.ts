/**
 * The stand of the journey tests: PostgreSQL, hub, ERP and agent, each its own process that a test may stop, kill and start
 * again on the same ports and folders; tills that repeat until they are answered; and one comparison of all stops.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type AgentProcess, startAgentProcess } from '#demo/agent-process.ts'
import { audit, type AuditedSale } from '#demo/audit.ts'
import { type DemoErp, openReferenceErp, type ReferenceErpManners } from '#demo/erp.ts'
import { callHub, type HubProcess, openStoreAtHub, startHubProcess } from '#demo/hub-process.ts'
import { type HubLedger, journalSales, openHubLedger, presentLife } from '#demo/ledgers.ts'
import { readShelf } from '#demo/plu-file.ts'
import { seededRandom } from '#demo/seeded-random.ts'
import { ringUp } from '#demo/till-sale.ts'
import { overHttp, untilItWorks } from '#demo/tills.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import pino from 'pino'
import { type Page } from 'playwright'
import { expect } from 'vitest'
import { buildAgent } from '../../scripts/build.ts'
import { openDisplay } from '../../scripts/display.ts'
import { checkoutRoot } from '../../scripts/root.ts'
import { freePort } from '#demo/free-port.ts'
import { localDatabaseSales, withWindow } from './local-database.ts'

export const saleCount = 300
export const store = { storeId: 'S042', name: 'Store 042', currency: 'EUR', timeZone: 'Europe/Stockholm' }
const waitMs = 120_000

export interface Journey {
  agentDataDir: string
  /** Sells over HTTP, repeating each sale until it is answered; resolves when all are. */
  sell(workstationId: string, count: number): Promise<void>
  /** The same, of these numbers of the till alone, after what it sold before. */
  sellNumbers(workstationId: string, numbers: readonly number[]): Promise<Transaction[]>
  /** Printed at the till and not sent. */
  ringOnly(workstationId: string, numbers: readonly number[]): Promise<Transaction[]>
  /** The agent's HTTP door, with the tills' token. */
  askAgent(path: string, body?: unknown): Promise<{ status: number; body: unknown }>
  askHub(path: string): Promise<unknown>
  withManager<Answer>(look: (page: Page) => Promise<Answer>): Promise<Answer>
  soldBy(workstationId: string): number
  countAtHub(workstationId: string): Promise<number>
  countPosted(workstationId: string): Promise<number>
  stopHub(): Promise<void>
  killHub(): Promise<void>
  startHub(): Promise<void>
  stopAgent(): Promise<void>
  killAgent(): Promise<void>
  startAgent(): Promise<void>
  restartPostgres(): Promise<void>
  killErp(): Promise<void>
  startErp(manners: ReferenceErpManners): Promise<void>
  until(what: string, holds: () => Promise<boolean>): Promise<void>
  /** Waits until all that was sold is posted, then compares till, journal, RxDB, hub and ERP. */
  expectConserved(): Promise<void>
  close(): Promise<void>
}

export interface JourneyOptions {
  /** More of the agent's configuration. */
  settings?: Record<string, unknown>
  showWindow?: boolean
}

export const openJourney = async ({ settings: agentSettings = {}, showWindow = false }: JourneyOptions = {}): Promise<Journey> => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-journey-'))
  // PostgreSQL runs as another user than root, and must get in.
  await chmod(dir, 0o755)
  const log = pino({ level: 'silent' })
  const ports = {
    postgres: await freePort(),
    hub: await freePort(),
    till: await freePort(),
    debugging: await freePort(),
    erp: await freePort(),
  }
  const settings = { port: String(ports.postgres) }
  const sold = new Map<string, AuditedSale[]>()
  const calm: ReferenceErpManners = { latencyMs: 1, faultRate: 0 }

  const display = await openDisplay()
  await buildAgent()
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), log, settings })
  let erp: DemoErp = await openReferenceErp(join(dir, 'erp'), ports.erp, calm)
  const hubSetup = { checkout: checkoutRoot, dir, erp: erp.access, port: ports.hub, databaseUrl: postgres.url }
  let hub: HubProcess = await startHubProcess(hubSetup)
  const ledger: HubLedger = await openHubLedger(postgres.url)
  const agentSetup = {
    ...{ appDir: checkoutRoot, dir, hubUrl: hub.ready.url, httpPort: ports.till, display: display.env, showWindow },
    settings: agentSettings,
    enrolmentCode: await openStoreAtHub(hub, store),
    switches: [`--remote-debugging-port=${ports.debugging}`],
  }
  let agent: AgentProcess = await startAgentProcess(agentSetup)

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + waitMs
    let trouble: unknown
    const check = (): Promise<boolean> =>
      holds().catch((error: unknown) => {
        trouble = error
        return false
      })
    while (performance.now() < deadline) {
      trouble = undefined
      if (await check()) return
      await delay(50)
    }
    throw new Error(
      `waited ${waitMs / 1000} s in vain for: ${what}; the hub counts ${JSON.stringify(await ledger.counts().catch(String))}`,
      { cause: trouble },
    )
  }
  await until('items at the till', async () => (await readShelf(agent.folders.plu)).length > 0)

  const startHub = async (): Promise<void> => {
    hub = await startHubProcess(hubSetup)
  }
  const countOf = (sales: AuditedSale[], workstationId: string): number =>
    sales.filter(({ key }) => key.split('|')[1] === workstationId).length
  const ringOnly: Journey['ringOnly'] = async (workstationId, numbers) => {
    const shelf = await readShelf(agent.folders.plu)
    const random = seededRandom(Number(workstationId.slice(1)) + 100 * (numbers[0] ?? 0))
    const till = { storeId: store.storeId, workstationId, currency: store.currency, operatorId: '1' }
    return numbers.map((number) => ringUp(random, till, number, new Date(), shelf))
  }
  const sellNumbers: Journey['sellNumbers'] = async (workstationId, numbers) => {
    const done = sold.get(workstationId) ?? []
    sold.set(workstationId, done)
    const handOver = overHttp(() => ({ url: agent.url, token: agent.token }))
    const transactions = await ringOnly(workstationId, numbers)
    for (const transaction of transactions) {
      await untilItWorks({ trouble: undefined }, () => handOver(transaction))
      done.push({ key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor })
    }
    return transactions
  }
  const allSold = (): AuditedSale[] => [...sold.values()].flat()

  return {
    agentDataDir: agent.folders.data,
    sell: async (workstationId, count) => {
      sold.delete(workstationId)
      await sellNumbers(
        workstationId,
        Array.from({ length: count }, (_, index) => index + 1),
      )
    },
    sellNumbers,
    ringOnly,
    askAgent: async (path, body) => {
      const response = await fetch(`${agent.url}${path}`, {
        headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    },
    askHub: (path) => callHub(hub, 'GET', path),
    withManager: (look) => withWindow(ports.debugging, 'manager', look),
    soldBy: (workstationId) => sold.get(workstationId)?.length ?? 0,
    countAtHub: async (workstationId) => countOf(await ledger.sales(), workstationId),
    countPosted: async (workstationId) => countOf(await erp.documents(), workstationId),
    stopHub: () => hub.stop(),
    killHub: () => hub.kill(),
    startHub,
    stopAgent: () => agent.stop(),
    killAgent: () => agent.kill(),
    startAgent: async () => {
      agent = await startAgentProcess(agentSetup)
    },
    restartPostgres: async () => {
      process.kill(postgres.postmasterPid, 'SIGKILL')
      postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), log, settings })
    },
    killErp: () => erp.kill(),
    startErp: async (manners) => {
      erp = await openReferenceErp(join(dir, 'erp'), ports.erp, manners)
    },
    until,
    expectConserved: async () => {
      const total = allSold().length
      await until(`${total} sales posted`, async () => (await ledger.counts()).posted >= total)
      const [journal, hubSales, erpSales, local] = [
        await journalSales(agent.folders.journal),
        await ledger.sales(),
        await erp.documents(),
        await localDatabaseSales(ports.debugging, await presentLife(agent.folders.journal)),
      ]
      const whole = { captured: total, atHub: total, posted: total, lost: 0, duplicated: 0, altered: 0, findings: [] }
      expect(audit({ till: allSold(), journal, hub: hubSales, erp: erpSales })).toEqual(whole)
      // RxDB in the place of the journal: the same sales, once each, unaltered.
      expect(audit({ till: allSold(), journal: local, hub: hubSales, erp: erpSales })).toEqual(whole)
    },
    close: async () => {
      await agent.stop()
      await hub.stop()
      await erp.stop()
      await ledger.close()
      await postgres.stop()
      await display.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
