/** What the agent holds in memory after a hundred thousand transactions, process by process, as the operating system counts it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { accessOf, agentFolders, writeAgentConfig } from '#demo/agent-process.ts'
import { openStoreAtHub, removeHubDatabase, startHubProcess } from '#demo/hub-process.ts'
import { openHubLedger } from '#demo/ledgers.ts'
import { seededRandom } from '#demo/seeded-random.ts'
import { ringUp, type ShelfItem } from '#demo/till-sale.ts'
import { _electron, type ElectronApplication } from 'playwright'
import { buildAgent } from '../../scripts/build.ts'
import { openDisplay } from '../../scripts/display.ts'
import { electronEnvironment, electronExecutable } from '../../scripts/electron-runtime.ts'
import { checkoutRoot } from '../../scripts/root.ts'
import type { Benchmark } from './benchmark.ts'

const transactionCount = 100_000
const bodySize = 200
const store = { storeId: 'S042', name: 'Store 042', currency: 'EUR', timeZone: 'Europe/Stockholm' }
const shelf: ShelfItem[] = Array.from({ length: 40 }, (_, index) => ({
  ...{ itemId: `SKU-${index}`, barcode: `40000000000${index}`, name: `Article ${index}`, unit: 'each', priceMinor: 250 + index * 130 },
  ...{ taxCode: 'VAT25', taxRateMicro: 250_000 },
}))

/** Working set in MB by role. */
const measure = (app: ElectronApplication): Promise<Record<string, number>> =>
  app.evaluate(({ app: electron, BrowserWindow }) => {
    const windows = new Map(
      BrowserWindow.getAllWindows().map((w) => [w.webContents.getOSProcessId(), w.webContents.getURL().split('/')[3] ?? 'window']),
    )
    const megabytes: Record<string, number> = {}
    for (const metric of electron.getAppMetrics()) {
      const role = windows.get(metric.pid) ?? (metric.type === 'Browser' ? 'main' : metric.type)
      megabytes[role] = (megabytes[role] ?? 0) + Math.round(metric.memory.workingSetSize / 1024)
    }
    return megabytes
  })

const total = (megabytes: Record<string, number>): number => Object.values(megabytes).reduce((sum, one) => sum + one, 0)

const until = async (holds: () => Promise<boolean>, timeoutMs: number): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error('the agent did not get through in time')
    await delay(200)
  }
}

const captureAll = async (url: string, token: string, progress: (line: string) => void): Promise<void> => {
  const random = seededRandom(1)
  const till = { storeId: store.storeId, workstationId: 'T1', currency: store.currency, operatorId: '1' }
  for (let first = 1; first <= transactionCount; first += bodySize) {
    const transactions = Array.from({ length: bodySize }, (_, index) =>
      ringUp(random, till, first + index, new Date('2026-03-01T10:00:00Z'), shelf),
    )
    const response = await fetch(`${url}/v1/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ transactions }),
    })
    if (!response.ok) throw new Error(`the agent answered ${response.status}: ${await response.text()}`)
    if ((first - 1) % 20_000 === 0) progress(`${first - 1} captured`)
  }
}

export const memory: Benchmark = {
  name: 'memory',
  compares: `the agent's memory after ${transactionCount} transactions, captured and sent, with the same agent's after its start`,
  run: async (progress) => {
    const dir = await mkdtemp(join(tmpdir(), 'tideline-memory-'))
    const display = await openDisplay()
    await buildAgent()
    const hub = await startHubProcess({ checkout: checkoutRoot, dir, erp: undefined, port: 0 })
    const ledger = await openHubLedger(hub.ready.databaseUrl)
    const folders = agentFolders(dir)
    await writeAgentConfig(
      { hubUrl: hub.ready.url, enrolmentCode: await openStoreAtHub(hub, store), httpPort: 0, showWindow: true },
      folders,
    )
    const electron = await electronExecutable()
    const app = await _electron.launch({
      executablePath: electron.path,
      args: [...electron.args, checkoutRoot, '--config', folders.config],
      env: electronEnvironment({ ...display.env, TIDELINE_READY_JSON: '1' }) as Record<string, string>,
    })
    try {
      const ready = await readyOf(app)
      await until(async () => 'engine' in (await measure(app)), 60_000)
      await delay(3_000)
      const before = await measure(app)
      progress(`after start: ${JSON.stringify(before)} MB`)
      await captureAll(ready.url, ready.token, progress)
      await until(async () => (await ledger.counts()).atHub >= transactionCount, 300_000)
      await delay(5_000)
      const after = await measure(app)
      return { name: 'memory', ratio: total(after) / total(before), transactions: transactionCount, beforeMb: before, afterMb: after }
    } finally {
      await app.close()
      await ledger.close()
      await hub.stop()
      await removeHubDatabase(dir)
      await display.stop()
      await rm(dir, { recursive: true, force: true })
    }
  },
}

const readyOf = (app: ElectronApplication): Promise<{ url: string; token: string }> =>
  new Promise((resolve, reject) => {
    const child = app.process()
    child.once('exit', () => reject(new Error('the agent ended before it was ready')))
    child.stdout?.on('data', (chunk: Buffer) => {
      const line = chunk
        .toString()
        .split('\n')
        .find((text) => text.startsWith('{"ready":true'))
      if (line) resolve(accessOf(JSON.parse(line)))
    })
  })
