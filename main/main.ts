/**
 * The agent's composition root, and the map of its main process:
 *
 *   settings → vault → lifecycle (enrol, then capture) → engine window, kept alive → manager window and tray
 *
 * Capture depends on nothing to its right [CAP12].
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { app, dialog, net, type Tray } from 'electron'
import { engineToMain, mainToEngine, managerToMain, type AgentStatus, type ManagerView } from '#sync/contract/ipc.ts'
import { barcodeSchema } from '#sync/contract/vocabulary.ts'
import { loadSettings, type AgentSettings } from './agent-config.ts'
import { createAgentLifecycle, tillTokenFile, type CapturingAgent } from './agent-lifecycle.ts'
import { createEngineSupervisor } from './engine-supervisor.ts'
import { createCaller } from './ipc/caller.ts'
import { createAnswerer } from './ipc/request-table.ts'
import type { WindowPort } from './ipc/window-port.ts'
import { createLog } from './log.ts'
import { startStoreAgent } from './store-agent.ts'
import { createTray } from './tray.ts'
import { startUpdater } from './updater.ts'
import { openVault } from './vault-file.ts'
import { operatingSystemSealer } from './vault.ts'
import { createEngineHandlers, createManagerHandlers } from './window-handlers.ts'
import { openEngineWindow, openManagerWindow, registerAppScheme, serveAppPages, type ManagerWindow } from './window.ts'

const isRunByProgram = process.env['TIDELINE_READY_JSON'] === '1'
const preload = join(__dirname, 'preload.cjs')
const pages = join(__dirname, '..', 'renderer')
const icon = join(app.getAppPath(), 'assets', 'icon.png')
const lookupTimeoutMs = 2_000

const after = (delayMs: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, delayMs)
  return () => clearTimeout(timer)
}

/** Held for the process's life: a tray icon that is collected disappears. */
let tray: Tray | null = null

const giveUp = (message: string, isForPerson: boolean): void => {
  process.stderr.write(`${message}\n`)
  if (isForPerson && !isRunByProgram) dialog.showErrorBox('Tideline cannot start', message)
  app.exit(2)
}

const run = (settings: AgentSettings): void => {
  const { dataDir } = settings
  const log = createLog(dataDir)
  const opened = openVault(join(dataDir, 'vault.json'), operatingSystemSealer)
  if (opened.outcome === 'unreadable') return giveUp(opened.message, settings.showWindow)
  const { vault } = opened
  log.info('The agent starts.', { agentVersion: app.getVersion(), host: hostname(), dataDir, protection: vault.protection })
  if (vault.protection === 'file-permissions')
    log.warn('This computer offers no encryption for secrets: the private key is protected by file permissions alone.')

  let manager: ManagerWindow | undefined
  let enginePort: WindowPort | null = null
  let view: ManagerView | null = null
  const onFault = (method: string, fault: unknown) => log.warn('A window’s request failed.', { method, fault })
  const onStranger = (url: string) => log.error('A call from outside the windows was refused.', { url })

  const engine = createCaller(mainToEngine, after, lookupTimeoutMs)
  const syncNow = () => engine.call('sync.now', null)
  const items = {
    lookup: async (barcode: string) => {
      const parsed = barcodeSchema.safeParse(barcode)
      return parsed.success ? engine.call('items.lookup', { barcode: parsed.data }) : null
    },
  }

  const announce = (agent: CapturingAgent): void => {
    log.info('Sales are being captured.', { httpPort: agent.httpPort })
    if (!isRunByProgram) return
    process.stdout.write(`${JSON.stringify({ ready: true, httpPort: agent.httpPort, dataDir, tillTokenFile: tillTokenFile(dataDir) })}\n`)
  }

  const lifecycle = createAgentLifecycle({
    settings,
    vault,
    items,
    log,
    agentVersion: app.getVersion(),
    fetch: (url, init) => net.fetch(url, init),
    after,
    random: Math.random,
    startCapture: startStoreAgent,
    onStatus: (status: AgentStatus) => manager?.port.push('agent.changed', status),
    onCapturing: (agent) => {
      agent.journal.onAppended((seq) => enginePort?.push('journal.appended', { seq }))
      announce(agent)
      supervisor.start()
    },
  })

  const onView = (published: ManagerView): void => {
    view = published
    supervisor.markRunning()
    manager?.port.push('view.changed', published)
  }
  const engineOptions = {
    preload,
    onStranger,
    answer: createAnswerer(engineToMain, createEngineHandlers({ lifecycle, vault, log, onView }), onFault),
    onAnswer: engine.settle,
    onConsoleError: (text: string) => log.error('The engine window reports an error.', { text }),
    onPort: (port: WindowPort | null) => {
      enginePort = port
      engine.connect(port ? port.call : null)
    },
  }
  const supervisor = createEngineSupervisor({
    open: (onGone) => openEngineWindow(engineOptions, onGone),
    after,
    nowMs: Date.now,
    random: Math.random,
    onState: (state) => lifecycle.setEngine(state),
    onTrouble: (message) => log.error(message),
  })

  const managerAnswer = createAnswerer(managerToMain, createManagerHandlers({ lifecycle, view: () => view, syncNow }), onFault)
  const openManager = (): void => {
    manager ??= openManagerWindow({ preload, icon, onStranger, answer: managerAnswer }, () => (manager = undefined))
    manager.show()
  }

  let quitting = false
  const quit = async (): Promise<void> => {
    if (quitting) return
    quitting = true
    supervisor.stop()
    await lifecycle.close().catch((fault: unknown) => log.error('Closing failed.', { fault }))
    log.info('The agent has stopped.')
    app.exit(0)
  }

  app.on('second-instance', openManager)
  app.on('activate', openManager)
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    event.preventDefault()
    void quit()
  })
  // A fault outside capture's own path must not end capture.
  process.on('uncaughtException', (fault) => log.error('A fault was not handled.', { fault }))
  process.on('unhandledRejection', (fault) => log.error('A fault was not handled.', { fault }))
  process.on('SIGTERM', () => void quit())
  process.on('SIGINT', () => void quit())

  serveAppPages({ root: pages, hubUrl: lifecycle.hubUrl, devUrl: app.isPackaged ? undefined : process.env['TIDELINE_DEV_URL'] })
  if (settings.showWindow) openManager()
  tray = createTray(icon, { open: openManager, syncNow: () => void syncNow().catch(() => undefined), quit: () => void quit() })
  log.info('The shell is up.', { tray: tray !== null })
  startUpdater(settings.updateUrl, log)
  void lifecycle.start().then(() => {
    const { enrolment } = lifecycle.status()
    if (enrolment.state !== 'needed' || settings.showWindow || quitting) return
    giveUp(
      `${enrolment.problem?.message ?? 'This agent is not enrolled.'} It shows no window to enrol in: start it with --enrol CODE and a hubUrl.`,
      false,
    )
  })
}

const boot = (): void => {
  const loaded = loadSettings({ argv: process.argv.slice(1), env: process.env, defaultDataDir: join(app.getPath('appData'), 'Tideline') })
  if (loaded.outcome === 'invalid') return giveUp(loaded.message, true)
  app.setPath('userData', join(loaded.settings.dataDir, 'electron'))
  if (!app.requestSingleInstanceLock()) return app.exit(0)
  app.disableHardwareAcceleration()
  registerAppScheme()
  app
    .whenReady()
    .then(() => run(loaded.settings))
    .catch((fault: unknown) => giveUp(fault instanceof Error ? fault.message : String(fault), loaded.settings.showWindow))
}

boot()
