/**
 * The agent's composition root, and the map of its main process:
 *
 *   settings → vault → lifecycle (enrol, then capture) → engine host (its window, kept alive) → manager window and tray
 *
 * Capture depends on nothing to its right [CAP12].
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { app, dialog, net, powerMonitor, type Tray } from 'electron'
import { managerToMain, type ManagerView } from '#sync/contract/ipc.ts'
import { loadSettings, type AgentSettings } from './agent-config.ts'
import { createAgentLifecycle, tillTokenFile, type AgentLifecycle, type CapturingAgent } from './agent-lifecycle.ts'
import type { AgentLog } from './agent-log.ts'
import { openDiagnostics } from './diagnostics/open-diagnostics.ts'
import { createEngineHost } from './engine-host.ts'
import { createHubProbe } from './hub-probe.ts'
import { createAnswerer } from './ipc/request-table.ts'
import { createLog } from './log.ts'
import { startStoreAgent } from './store-agent.ts'
import { createTray } from './tray.ts'
import { startUpdater } from './updater.ts'
import { openVault, type Vault } from './vault-file.ts'
import { operatingSystemSealer } from './vault.ts'
import { createEngineHandlers, createManagerHandlers } from './window-handlers.ts'
import { openEngineWindow, openManagerWindow, registerAppScheme, serveAppPages, type ManagerWindow } from './window.ts'

const isRunByProgram = process.env['TIDELINE_READY_JSON'] === '1'
const preload = join(__dirname, 'preload.cjs')
const pages = join(__dirname, '..', 'renderer')
const icon = join(app.getAppPath(), 'assets', 'icon.png')

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

const announce = (agent: CapturingAgent, dataDir: string, log: AgentLog): void => {
  log.info('Sales are being captured.', { httpPort: agent.httpPort })
  if (!isRunByProgram) return
  process.stdout.write(`${JSON.stringify({ ready: true, httpPort: agent.httpPort, dataDir, tillTokenFile: tillTokenFile(dataDir) })}\n`)
}

const run = (settings: AgentSettings): void => {
  const log = createLog(settings.dataDir)
  const opened = openVault(join(settings.dataDir, 'vault.json'), operatingSystemSealer)
  if (opened.outcome === 'unreadable') return giveUp(opened.message, settings.showWindow)
  const { protection } = opened.vault
  log.info('The agent starts.', { agentVersion: app.getVersion(), host: hostname(), dataDir: settings.dataDir, protection })
  if (protection === 'file-permissions')
    log.warn('This computer offers no encryption for secrets: the private key is protected by file permissions alone.')
  connectParts(settings, opened.vault, log)
}

const connectParts = (settings: AgentSettings, vault: Vault, log: AgentLog): void => {
  let manager: ManagerWindow | undefined
  let view: ManagerView | null = null
  const onFault = (method: string, fault: unknown) => log.warn('A window’s request failed.', { method, fault })
  const onStranger = (url: string) => log.error('A call from outside the windows was refused.', { url })

  const engine = createEngineHost({
    open: (ports, onGone) => openEngineWindow({ ...ports, preload, onStranger }, onGone),
    handlers: (onView) => createEngineHandlers({ lifecycle, vault, log, diagnostics, probe, onView }),
    onView: (published) => {
      view = published
      manager?.port.push('view.changed', published)
    },
    onState: (state) => lifecycle.setEngine(state),
    ...{ onFault, log, after, nowMs: Date.now, random: Math.random },
  })
  const lifecycle: AgentLifecycle = createAgentLifecycle({
    ...{ settings, vault, log, after, items: engine.items, prices: engine.prices, random: Math.random, agentVersion: app.getVersion() },
    fetch: (url, init) => net.fetch(url, init),
    startCapture: startStoreAgent,
    onStatus: (status) => manager?.port.push('agent.changed', status),
    onCapturing: (agent) => {
      agent.journal.onAppended(engine.appended)
      announce(agent, settings.dataDir, log)
      engine.start()
    },
    onReincarnated: engine.restart,
  })
  const diagnostics = openDiagnostics({
    settings,
    log,
    lifecycle,
    view: () => view,
    send: engine.sendDiagnostics,
    clock: { nowMs: Date.now, after },
  })
  const probe = createHubProbe((url, init) => net.fetch(url, init), lifecycle.hubUrl)
  // Timers stand still in a sleep, and a line that died in it looks alive.
  powerMonitor.on('resume', engine.resumed)
  powerMonitor.on('unlock-screen', engine.resumed)
  const handlers = createManagerHandlers({ lifecycle, view: () => view, syncNow: engine.syncNow, diagnostics })
  const answer = createAnswerer(managerToMain, handlers, onFault)
  const openManager = (): void => {
    manager ??= openManagerWindow({ preload, icon, onStranger, answer }, () => (manager = undefined))
    manager.show()
  }
  const quit = quitOnce(engine.stop, lifecycle, log)

  stayUntilQuit(quit, openManager, log)
  serveAppPages({ root: pages, hubUrl: lifecycle.hubUrl, devUrl: app.isPackaged ? undefined : process.env['TIDELINE_DEV_URL'] })
  if (settings.showWindow) openManager()
  tray = createTray(icon, { open: openManager, syncNow: () => void engine.syncNow().catch(() => undefined), quit })
  log.info('The shell is up.', { tray: tray !== null })
  startUpdater(settings.updateUrl, log)
  diagnostics.start()
  void lifecycle.start().then(() => giveUpUnlessEnrolled(settings, lifecycle))
}

const quitOnce = (stopEngine: () => void, lifecycle: AgentLifecycle, log: AgentLog): (() => void) => {
  let quitting: Promise<void> | undefined
  const end = async (): Promise<void> => {
    stopEngine()
    await lifecycle.close().catch((fault: unknown) => log.error('Closing failed.', { fault }))
    log.info('The agent has stopped.')
    app.exit(0)
  }
  return () => void (quitting ??= end())
}

/** Closed windows end nothing, and a fault outside capture's own path must not end capture. */
const stayUntilQuit = (quit: () => void, openManager: () => void, log: AgentLog): void => {
  app.on('second-instance', openManager)
  app.on('activate', openManager)
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    event.preventDefault()
    quit()
  })
  process.on('uncaughtException', (fault) => log.error('A fault was not handled.', { fault }))
  process.on('unhandledRejection', (fault) => log.error('A fault was not handled.', { fault }))
  process.on('SIGTERM', quit)
  process.on('SIGINT', quit)
}

/** Without a window nobody could type a code. */
const giveUpUnlessEnrolled = (settings: AgentSettings, lifecycle: AgentLifecycle): void => {
  const { enrolment } = lifecycle.status()
  if (enrolment.state !== 'needed' || settings.showWindow) return
  const problem = enrolment.problem?.message ?? 'This agent is not enrolled.'
  giveUp(`${problem} It shows no window to enrol in: start it with --enrol CODE and a hubUrl.`, false)
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
