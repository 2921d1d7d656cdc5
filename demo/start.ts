/**
 * `npm start`: the main job on real parts. Hub on PostgreSQL, an ERP, one store agent in Electron, two tills that keep
 * selling, a buyer who changes prices; and at the end a comparison of till, journal, hub and ERP.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { checkoutRoot } from '../scripts/root.ts'
import { audit } from './audit.ts'
import { chooseErp } from './erp.ts'
import { journalSales } from './ledgers.ts'
import { type DemoOptions, parseDemoOptions, usage } from './options.ts'
import { drawLine, drawPicture, openScreen } from './picture.ts'
import { countAtTill, runBuyer } from './price-changes.ts'
import { readFacts } from './facts.ts'
import { readShelf } from './plu-file.ts'
import { openStack, type Stack } from './stack.ts'
import { printSummary, type Summary } from './summary.ts'
import { asPosLogFile, overHttp, runTill } from './tills.ts'
import { seededRandom } from './till-sale.ts'

const store = { storeId: 'S042', name: 'Store 042', currency: 'EUR', timeZone: 'Europe/Stockholm' }
const priceEveryMs = 8_000
/** How long the line may take to drain after the tills stop, before what is missing counts as lost. */
const drainTimeoutMs = 180_000

const until = async (holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await holds().catch(() => false)) return true
    await delay(300)
  }
  return false
}

const sell = async (options: DemoOptions, stack: Stack, stop: AbortSignal, say: (line: string) => void): Promise<Summary> => {
  const shelf = () => readShelf(stack.agent.folders.plu)
  say('Waiting for the first PLU file: items and prices from the ERP, at the till')
  if (!(await until(async () => (await shelf()).length > 0, 90_000))) throw new Error('no items reached the store; see hub.log and agent.log')

  const selling = AbortSignal.any([stop, ...(options.seconds === undefined ? [] : [AbortSignal.timeout(options.seconds * 1000)])])
  const seed = Date.now()
  say(`Selling (seed ${seed}). Ctrl-C ends, waits until all is posted, and compares.`)
  const everyMs = 2_000 / options.salesPerSecond
  const till = (workstationId: string, offset: number) => ({
    identity: { storeId: store.storeId, workstationId, currency: store.currency, operatorId: String(offset) },
    random: seededRandom(seed + offset),
    everyMs,
    shelf,
    signal: selling,
  })
  const tills = [
    runTill(till('T1', 1), overHttp(() => ({ url: stack.agent.url, token: stack.agent.token }))),
    runTill(till('T2', 2), asPosLogFile(stack.agent.folders.watched)),
  ]
  const buyer = runBuyer(stack.erp, shelf, priceEveryMs, selling)

  const screen = openScreen(options.json ? process.stderr : process.stdout, () => performance.now())
  const startedMs = performance.now()
  const look = () => readFacts(stack, tills.map(({ till }) => till), buyer.changes, (performance.now() - startedMs) / 1000)
  const show = async (): Promise<Awaited<ReturnType<typeof look>>> => {
    const facts = await look()
    screen.show(drawPicture(`Tideline · ${store.name} · ERP: ${stack.erp.label}`, facts, stack.addresses), drawLine(facts))
    return facts
  }
  while (!selling.aborted) {
    await show()
    await delay(1_000, undefined, { signal: selling }).catch(() => undefined)
  }
  await Promise.all([...tills.map(({ done }) => done), buyer.done])
  const drained = await until(async () => {
    const facts = await show()
    return facts.captured >= facts.sold && facts.pending === 0 && facts.posted >= facts.captured && facts.priceChangesAtTill >= facts.priceChangesSent
  }, drainTimeoutMs)
  if (!drained) say(`Not everything arrived within ${drainTimeoutMs / 1000} s; comparing as it stands`)

  const report = audit({
    till: tills.flatMap(({ till }) => till.sold),
    journal: await journalSales(stack.agent.folders.journal),
    hub: await stack.hubLedger.sales(),
    erp: await stack.erp.documents(),
  })
  return {
    ...report,
    repeated: tills.reduce((sum, { till }) => sum + till.repeated, 0),
    priceChangesSent: buyer.changes.length,
    priceChangesAtTill: await countAtTill(stack.agent.folders.plu, buyer.changes),
    erp: stack.erp.access.kind,
    seconds: Math.round((performance.now() - startedMs) / 1000),
  }
}

/** Each run counts from nothing. Earlier runs' folders go; a database that one of them left behind ends when its folder is gone. */
const freshFolder = async (root: string): Promise<string> => {
  await rm(root, { recursive: true, force: true })
  const dir = join(root, new Date().toISOString().replaceAll(/[:.]/g, '-'))
  await mkdir(dir, { recursive: true })
  return dir
}

const run = async (options: DemoOptions): Promise<number> => {
  const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const dir = await freshFolder(join(checkoutRoot, '.tideline', 'demo'))
  const erp = await chooseErp(options.erp, join(dir, 'erp'), say)
  const stack = await openStack({ dir, store, erp, say }).catch(async (error: unknown) => {
    await erp.stop()
    throw error
  })
  try {
    const summary = await sell(options, stack, stop.signal, say)
    printSummary(summary, options.json)
    return summary.lost + summary.duplicated + summary.altered > 0 ? 1 : 0
  } finally {
    await stack.stop()
  }
}

const options = parseDemoOptions(process.argv.slice(2))
if (options.help) console.log(usage)
else process.exitCode = await run(options)
