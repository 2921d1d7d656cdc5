/**
 * `npm start`: the main job on real parts. Hub on PostgreSQL, an ERP, one store agent in Electron, two tills that keep
 * selling, a buyer who changes prices; and at the end a comparison of till, journal, hub and ERP.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { checkoutRoot } from '../scripts/root.ts'
import { audit } from './audit.ts'
import { chooseErp } from './erp.ts'
import { endDays } from './day-end.ts'
import { createObserver, untilStill } from './observer.ts'
import { openScreen, type Screen } from './picture.ts'
import { journalSales } from './ledgers.ts'
import { type DemoOptions, parseDemoOptions, usage } from './options.ts'
import { countAtTill, runBuyer } from './price-changes.ts'
import { readShelf } from './plu-file.ts'
import { type DemoStore, removeHubDatabase } from './hub-process.ts'
import { checkStock, countShelf } from './stock.ts'
import { openStack, type Stack } from './stack.ts'
import { printSummary, type Summary } from './summary.ts'
import { asPosLogFile, overHttp, type RunningTill, runTill } from './tills.ts'
import { seededRandom } from './seeded-random.ts'

const store: DemoStore = { storeId: 'S042', name: 'Store 042', currency: 'EUR', timeZone: 'Europe/Stockholm' }
const priceEveryMs = 8_000
const firstItemsMs = 90_000

const waitForItems = async (pluDir: string): Promise<void> => {
  const deadline = performance.now() + firstItemsMs
  const count = async () => (await readShelf(pluDir).catch(() => [])).length
  while ((await count()) === 0) {
    if (performance.now() > deadline) throw new Error('no items reached the store; see hub.log and agent.log')
    await delay(200)
  }
}

const openTills = ({ agent }: Stack, options: DemoOptions, seed: number, signal: AbortSignal): RunningTill[] => {
  const setup = (workstationId: string, offset: number) => ({
    identity: { storeId: store.storeId, workstationId, currency: store.currency, operatorId: String(offset) },
    random: seededRandom(seed + offset),
    everyMs: 2_000 / options.salesPerSecond,
    shelf: () => readShelf(agent.folders.plu),
    signal,
  })
  const http = overHttp(() => ({ url: agent.url, token: agent.token }))
  return [runTill(setup('T1', 1), http), runTill(setup('T2', 2), asPosLogFile(agent.folders.watched))]
}

interface Stops {
  /** The tills stop selling. */
  selling: AbortSignal
  /** Nothing is waited for any longer. */
  waiting: AbortSignal
}

/** The first Ctrl-C ends the selling, the second the waiting, the third everything. */
const takeSignals = ({ say }: Screen): Stops => {
  const selling = new AbortController()
  const waiting = new AbortController()
  const onSignal = (): void => {
    if (waiting.signal.aborted) process.exit(130)
    if (selling.signal.aborted) return waiting.abort()
    say('Waiting until all that was sold is posted; Ctrl-C again compares at once')
    selling.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // The terminal was closed: nobody reads on, but everything is still stopped in order.
  process.on('SIGHUP', () => {
    process.stdout.on('error', () => undefined)
    selling.abort()
    waiting.abort()
  })
  return { selling: selling.signal, waiting: waiting.signal }
}

const sell = async (options: DemoOptions, stack: Stack, dir: string, stops: Stops, screen: Screen): Promise<Summary> => {
  const { say } = screen
  say('Waiting for the first PLU file: items and prices from the ERP, at the till')
  await waitForItems(stack.agent.folders.plu)
  const counted = await countShelf(stack, store.storeId, await readShelf(stack.agent.folders.plu))
  say(`Counted ${counted.itemIds.length} items at the store`)
  const selling = AbortSignal.any([stops.selling, ...(options.seconds === undefined ? [] : [AbortSignal.timeout(options.seconds * 1000)])])
  const seed = Date.now()
  say(`Selling (seed ${seed}). Ctrl-C ends, waits until all is posted, and compares.`)
  const running = openTills(stack, options, seed, selling)
  const tills = running.map(({ till }) => till)
  const buyer = runBuyer(stack.erp, () => readShelf(stack.agent.folders.plu), priceEveryMs, selling)

  const observer = createObserver({
    title: `${store.name} · ERP: ${stack.erp.label}`,
    stack,
    tills,
    changes: buyer.changes,
    screen,
  })
  while (!selling.aborted) {
    await observer.look()
    await delay(1_000, undefined, { signal: selling }).catch(() => undefined)
  }
  await Promise.all([...running.map(({ done }) => done), buyer.done])
  if (!(await untilStill(observer.look, stops.waiting))) say('Not all has arrived; comparing as it stands')
  say('The tills send their Z reports; the day is closed and its certificate checked')
  const dayEnds = await endDays(stack, tills, dir)
  const stock = await checkStock(stack, store.storeId, counted, tills)
  const sources = {
    till: tills.flatMap((till) => till.sold),
    journal: await journalSales(stack.agent.folders.journal),
    hub: await stack.hubLedger.sales(),
    erp: await stack.erp.documents(),
  }
  return {
    ...audit(sources),
    repeated: tills.reduce((sum, till) => sum + till.repeated, 0),
    priceChangesSent: buyer.changes.length,
    priceChangesAtTill: await countAtTill(stack.agent.folders.plu, buyer.changes),
    dayEnds,
    stock,
    erp: stack.erp.access.kind,
    seconds: Math.round(observer.elapsedSeconds()),
  }
}

/** Each run counts from nothing. Earlier runs' folders go; a database that one of them left behind ends when its folder is gone. */
const freshFolder = async (root: string): Promise<string> => {
  for (const earlier of await readdir(root).catch(() => [])) await removeHubDatabase(join(root, earlier))
  await rm(root, { recursive: true, force: true })
  const dir = join(root, new Date().toISOString().replaceAll(/[:.]/g, '-'))
  await mkdir(dir, { recursive: true })
  return dir
}

const isGood = ({ lost, duplicated, altered, dayEnds, stock }: Summary): boolean =>
  lost + duplicated + altered === 0 &&
  dayEnds.every(({ whole, verified }) => whole && verified) &&
  stock.atHub === stock.items &&
  stock.atErp === stock.items

const run = async (options: DemoOptions): Promise<number> => {
  // With --json, standard output belongs to the summary.
  const screen = openScreen(options.json ? process.stderr : process.stdout, () => performance.now())
  const { say } = screen
  const stops = takeSignals(screen)
  const dir = await freshFolder(join(checkoutRoot, '.tideline', 'demo'))
  const erp = await chooseErp(options.erp, join(dir, 'erp'), say)
  const stack = await openStack({ dir, store, erp, say })
  try {
    const summary = await sell(options, stack, dir, stops, screen)
    printSummary(summary, options.json)
    return isGood(summary) ? 0 : 1
  } finally {
    await stack.stop()
  }
}

const options = parseDemoOptions(process.argv.slice(2))
if (options.help) console.log(usage)
else process.exitCode = await run(options)
