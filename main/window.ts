/**
 * The two windows and what neither may do: leave its page, open another, ask for permissions, or reach any host but the hub.
 * Scheme, host and partition are frozen for ever: the local database belongs to them.
 */
import { app, BrowserWindow, nativeImage, protocol, session, type WebContents, type WebPreferences } from 'electron'
import { appScheme, createAppFiles, hubSources, pageAddresses, type PageRole } from './app-files.ts'
import { createDevPages } from './dev-pages.ts'
import type { EngineWindow } from './engine-supervisor.ts'
import { bindWindow, type PortContents, type WindowPort } from './ipc/window-port.ts'
import type { Answerer } from './ipc/request-table.ts'

const partition = 'persist:tideline'

/** Must run before the app is ready. */
export const registerAppScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])

export interface PagesOptions {
  root: string
  hubUrl: () => string | undefined
  /** Vite's dev server, never in a packaged app. */
  devUrl: string | undefined
}

const isOwnScheme = (scheme: string): boolean => [`${appScheme}:`, 'devtools:', 'data:'].includes(scheme)

export const serveAppPages = ({ root, hubUrl, devUrl }: PagesOptions): void => {
  const pages = session.fromPartition(partition)
  const built = createAppFiles({ root, hubUrl })
  pages.protocol.handle(appScheme, devUrl ? createDevPages(devUrl, built) : built)
  pages.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  pages.setPermissionCheckHandler(() => false)
  pages.webRequest.onBeforeRequest((details, decide) => {
    const { protocol: scheme, host } = new URL(details.url)
    const allowed = [hubUrl(), devUrl].filter((url) => url !== undefined).flatMap(hubSources)
    decide({ cancel: !isOwnScheme(scheme) && !allowed.includes(`${scheme}//${host}`) })
  })
}

const preferences = (preload: string): WebPreferences => ({
  preload,
  partition,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  webSecurity: true,
  webviewTag: false,
  spellcheck: false,
  devTools: !app.isPackaged,
})

const confine = (contents: WebContents): void => {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

export interface RoleOptions {
  preload: string
  answer: Answerer
  onAnswer?: (message: unknown) => void
  onStranger: (url: string) => void
}

const bind = (window: BrowserWindow, role: PageRole, options: RoleOptions): WindowPort =>
  bindWindow(window.webContents as PortContents, { ...options, address: pageAddresses[role] })

export interface EngineOptions extends RoleOptions {
  onPort: (port: WindowPort | null) => void
  onConsoleError: (text: string) => void
}

export const openEngineWindow = (options: EngineOptions, onGone: (reason: string) => void): EngineWindow => {
  const window = new BrowserWindow({ show: false, webPreferences: { ...preferences(options.preload), backgroundThrottling: false } })
  const contents = window.webContents
  confine(contents)
  options.onPort(bind(window, 'engine', options))
  contents.on('render-process-gone', (_event, details) => onGone(details.reason))
  // The page closes itself when its engine cannot start.
  window.on('closed', () => onGone('closed'))
  contents.on('did-fail-load', (_event, code, description) => onGone(`${description} ${code}`))
  contents.on('console-message', (...args: unknown[]) => {
    const [level, text] = [args[1], args[2]]
    if (typeof level === 'number' && level >= 3) options.onConsoleError(String(text))
  })
  void window.loadURL(pageAddresses.engine).catch(() => undefined)
  return {
    beat: () => contents.executeJavaScript('0'),
    kill: () => contents.forcefullyCrashRenderer(),
    close: () => {
      options.onPort(null)
      if (!window.isDestroyed()) window.destroy()
    },
  }
}

export interface ManagerOptions extends RoleOptions {
  icon: string
}
export interface ManagerWindow {
  show(): void
  port: WindowPort
}

export const openManagerWindow = (options: ManagerOptions, onClosed: () => void): ManagerWindow => {
  const window = new BrowserWindow({
    width: 1240,
    height: 860,
    minWidth: 900,
    minHeight: 620,
    show: false,
    title: 'Tideline',
    autoHideMenuBar: true,
    icon: nativeImage.createFromPath(options.icon),
    webPreferences: preferences(options.preload),
  })
  confine(window.webContents)
  const port = bind(window, 'manager', options)
  window.once('ready-to-show', () => window.show())
  window.on('closed', onClosed)
  window.webContents.on('render-process-gone', () => {
    if (!window.isDestroyed()) window.destroy()
  })
  void window.loadURL(pageAddresses.manager).catch(() => undefined)
  const show = (): void => {
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }
  return { show, port }
}
