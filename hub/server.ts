/** The hub's composition root, and its map: database → merge, posting, catalogue → API and gateway on one port. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import pino, { type Logger } from 'pino'
import { createApp } from './api/app.ts'
import { registerAssortmentRoutes } from './api/assortments.ts'
import { registerAvailabilityRoutes } from './api/availability.ts'
import { registerAvailabilityRuleRoutes } from './api/availability-rules.ts'
import { registerCatalogueRoutes } from './api/catalogue.ts'
import { registerCatalogueComparisonRoutes } from './api/catalogue-comparisons.ts'
import { registerCatalogueImportRoutes } from './api/catalogue-import.ts'
import { registerSpreadRoutes } from './api/catalogue-spread.ts'
import { registerComparisonRoutes } from './api/comparisons.ts'
import { registerDayRoutes } from './api/days.ts'
import { registerDeviceRoutes } from './api/devices.ts'
import { registerDiagnosticsRoutes } from './api/diagnostics.ts'
import { registerEpochRoutes } from './api/epochs.ts'
import { registerFleetRoutes } from './api/fleet.ts'
import { registerHealthRoutes } from './api/health.ts'
import { registerHeldPriceRoutes } from './api/held-prices.ts'
import { registerMappingRoutes } from './api/mappings.ts'
import { registerOverrideRoutes } from './api/overrides.ts'
import { registerPostingRoutes } from './api/postings.ts'
import { registerPriceZoneRoutes } from './api/price-zones.ts'
import { registerProjectionRoutes } from './api/projections.ts'
import { registerReservationRoutes } from './api/reservations.ts'
import { registerReturnRoutes } from './api/returns.ts'
import { registerSettingsRoutes } from './api/settings.ts'
import { registerStatedPriceRoutes } from './api/stated-prices.ts'
import { registerStockRoutes } from './api/stock.ts'
import { registerStoreRoutes } from './api/stores.ts'
import { registerSubscriptionRoutes } from './api/subscriptions.ts'
import { registerTaxRoutes } from './api/taxes.ts'
import { registerTransactionRoutes } from './api/transactions.ts'
import { registerUnknownItemRoutes } from './api/unknown-items.ts'
import { registerWordRoutes } from './api/words.ts'
import { startReservationExpiry } from './availability/reservation-expiry.ts'
import { startNightlyCatalogueComparison } from './catalogue/full-comparison.ts'
import { startListingDates } from './catalogue/listing-dates.ts'
import { startCataloguePull } from './catalogue/pull.ts'
import { startPriceCompaction } from './catalogue/superseded.ts'
import { type HubConfig, readHubConfig } from './config.ts'
import { ensureEpoch } from './epoch/epoch.ts'
import { type AvailabilityEvents, startAvailabilityEvents } from './events/availability-events.ts'
import { tellNews } from './events/news-channel.ts'
import { createTransports } from './events/transports.ts'
import { startBundleRetention } from './fleet/bundle-retention.ts'
import { waitingAsks } from './fleet/diagnostics-requests.ts'
import { fleetRequests } from './fleet/requests.ts'
import { startGateway } from './gateway/gateway.ts'
import { startWordWatch } from './identity/unknown-words.ts'
import { startWaitingWatch } from './identity/waiting-watch.ts'
import { startMergeWorker } from './merge/worker.ts'
import { createHubMetrics } from './metrics.ts'
import { startOverrideWatch } from './overrides/override-watch.ts'
import { createConnector } from './posting/registry.ts'
import { startPostingWorker } from './posting/worker.ts'
import { projectionsOf } from './projections.ts'
import { runRebuildCommand } from './rebuild/command.ts'
import { createRunningRebuilds } from './rebuild/running-rebuilds.ts'
import { stockReaderOf } from './stock/erp-comparison.ts'
import { startNightlyComparison } from './stock/nightly-comparison.ts'
import { stockProjection } from './stock/stock-projection.ts'
import { startTransferWatch } from './stock/transfer-watch.ts'
import { startTaxWatch } from './tax/tax-watch.ts'
import { openDatabase } from './storage/database.ts'
import { startEmbeddedPostgres } from './storage/embedded.ts'
import { startListener } from './storage/listener.ts'
import { migrate } from './storage/migrate.ts'

export interface Hub {
  url: string
  databaseUrl: string
  operatorToken: string
  stop(): Promise<void>
}

/** Starts in order and stops in the reverse one; a part that fails to start takes the earlier ones down with it. */
export const startHub = async (config: HubConfig, log: Logger): Promise<Hub> => {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const dataDir = resolve(config.dataDir)
    await mkdir(dataDir, { recursive: true })
    const operatorToken = config.operatorToken ?? (await keptToken(join(dataDir, 'operator-token')))
    const databaseUrl = config.databaseUrl ?? (await startEmbedded(join(dataDir, 'database'), log, stops))
    const db = openDatabase(databaseUrl, { onIdleError: (error) => log.warn({ reason: error.message }, 'a database connection was lost') })
    stops.push(() => db.destroy())
    const applied = await migrate(db)
    if (applied.length > 0) log.info({ applied }, 'database schema brought up to date')
    const { epoch, begun } = await ensureEpoch(db)
    if (begun) log.warn({ epoch: epoch.epoch, reason: epoch.reason }, 'a new epoch of the hub’s data began')

    const metrics = createHubMetrics()
    const connector = createConnector(config.erp, log)
    if (connector) stops.push(() => connector.close())
    const erpStock = stockReaderOf(connector)
    const caution = { jumpFactor: config.priceJumpFactor }
    const projections = projectionsOf(connector?.name)
    const rebuilds = createRunningRebuilds(db, projections, log)
    stops.push(() => rebuilds.stop())
    const app = await createApp(operatorToken, log)
    registerHealthRoutes(app, { db, metrics })
    registerStoreRoutes(app, { db })
    registerDayRoutes(app, { db })
    registerDeviceRoutes(app, { db })
    registerFleetRoutes(app, { db })
    registerSettingsRoutes(app, { db, log })
    registerComparisonRoutes(app, { db })
    registerDiagnosticsRoutes(app, { db, log })
    registerTransactionRoutes(app, { db })
    registerEpochRoutes(app, { db })
    registerProjectionRoutes(app, { db, rebuilds })
    registerStockRoutes(app, { db, log, erp: erpStock })
    registerMappingRoutes(app, { db, log })
    registerUnknownItemRoutes(app, { db, log })
    registerTaxRoutes(app, { db, log })
    registerWordRoutes(app, { db })
    registerOverrideRoutes(app, { db, log })
    registerReservationRoutes(app, { db })
    registerReturnRoutes(app, { db, log })
    registerAvailabilityRoutes(app, { db })
    registerCatalogueRoutes(app, { db, log, caution })
    registerSubscriptionRoutes(app, { db, targets: config.webhookPrivateTargets })
    registerAvailabilityRuleRoutes(app, { db, log })
    registerSpreadRoutes(app, { db })
    registerPriceZoneRoutes(app, { db, log })
    registerStatedPriceRoutes(app, { db, log, caution })
    registerHeldPriceRoutes(app, { db, log })
    registerAssortmentRoutes(app, { db, log })
    const pull = connector ? { db, connector, log, intervalMs: config.catalogueIntervalMs, priceJumpFactor: config.priceJumpFactor } : null
    registerCatalogueImportRoutes(app, { db, log, caution })
    registerCatalogueComparisonRoutes(app, { db, pull })
    registerPostingRoutes(app, { db, log })
    let events: AvailabilityEvents | undefined
    // Whatever an operator or a channel changed may have changed a figure.
    app.addHook('onResponse', async ({ method }, { statusCode }) => {
      if (method === 'GET' || statusCode >= 300) return
      if (events) events.ring()
      else tellNews(db, log, 'marked', '')
    })
    app.get('/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())

    if (config.roles.includes('worker')) {
      const eventing = startAvailabilityEvents({ db, databaseUrl, log, transports: await createTransports(db, config, log) })
      events = eventing
      stops.push(() => eventing.stop())
      const merge = startMergeWorker({
        ...{ db, databaseUrl, projections, log, metrics, lanes: 2 },
        onMerged: (projection) => projection === stockProjection.name && eventing.ring(),
      })
      const retention = startBundleRetention({ db, log })
      const compaction = startPriceCompaction({ db, log })
      const dates = startListingDates({ db, log })
      const waiting = startWaitingWatch({ db, log })
      const transfers = startTransferWatch({ db, log })
      const nightly = startNightlyComparison({ db, erp: erpStock, log })
      const taxes = startTaxWatch({ db, log })
      const words = startWordWatch({ db, log })
      const overrides = startOverrideWatch({ db, log })
      const expiry = startReservationExpiry({ db, log })
      stops.push(
        () => overrides.stop(),
        () => expiry.stop(),
        () => taxes.stop(),
        () => words.stop(),
        () => merge.stop(),
        () => retention.stop(),
        () => compaction.stop(),
        () => dates.stop(),
        () => waiting.stop(),
        () => transfers.stop(),
        () => nightly.stop(),
      )
      if (connector && pull) {
        const posting = startPostingWorker({ db, connector, log, listen: listenAt(databaseUrl, log) })
        const catalogue = startCataloguePull(pull)
        const comparison = startNightlyCatalogueComparison(pull)
        stops.push(
          () => posting.stop(),
          () => catalogue.stop(),
          () => comparison.stop(),
        )
      }
    }
    await app.listen({ host: config.host, port: config.port })
    stops.push(() => app.close())
    if (config.roles.includes('gateway')) {
      const gateway = startGateway({ http: app.server, db, databaseUrl, log, metrics, moreRequests: fleetRequests, waitingAsks })
      stops.push(() => gateway.stop())
    }
    const { address, port, family } = app.server.address() as AddressInfo
    const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
    return { url, databaseUrl, operatorToken, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Whoever listens looks again after each (re)connect as well: what was notified meanwhile is gone. */
const listenAt = (url: string, log: Logger) => (channel: string, onNotify: () => void) =>
  startListener({ url, log, channels: { [channel]: onNotify }, onListening: onNotify })

const startEmbedded = async (dataDir: string, log: Logger, stops: (() => Promise<void>)[]): Promise<string> => {
  const server = await startEmbeddedPostgres({ dataDir, log })
  stops.push(() => server.stop())
  return server.url
}

const keptToken = async (path: string): Promise<string> => {
  await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(path, 'utf8')).trim()
}

const announce = (hub: Hub): void => {
  const line = `${JSON.stringify({ ready: true, url: hub.url, databaseUrl: hub.databaseUrl, operatorToken: hub.operatorToken })}\n`
  const descriptor = Number(process.env['TIDELINE_READY_FD'] ?? Number.NaN)
  if (Number.isInteger(descriptor)) writeSync(descriptor, line)
  if (process.argv.includes('--json-ready')) process.stdout.write(line)
  else process.stdout.write(`Tideline hub ready at ${hub.url} (API: ${hub.url}/v1/openapi.json)\n`)
}

const main = async (): Promise<void> => {
  const config = readHubConfig(process.env)
  // Logs go to standard error: standard output belongs to the ready line.
  const log = pino({ level: config.logLevel }, pino.destination(2))
  const [, , verb, ...args] = process.argv
  if (verb === 'rebuild') {
    const projections = projectionsOf(config.erp.kind === 'none' ? undefined : config.erp.kind)
    const say = (line: string): boolean => process.stdout.write(`${line}\n`)
    process.exitCode = await runRebuildCommand({ args, config, log, projections, say })
    return
  }
  const hub = await startHub(config, log)
  announce(hub)
  let stopping = false
  const onSignal = (): void => {
    if (stopping) return
    stopping = true
    hub.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'could not stop in order')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
}
