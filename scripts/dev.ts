/**
 * npm run dev: hub, agent and pages, each started anew or reloaded when its sources change. The manager page comes from
 * Vite's dev server (TIDELINE_DEV_URL tells the agent where); the engine page is rebuilt and the agent restarted.
 *
 *   hub, sync ──▶ hub restarted      manager page ◀── Vite, hot      main, sync, engine page ── build ──▶ Electron restarted
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { watch } from 'chokidar'
import { createServer } from 'vite'
import { spawnAgent, waitForExit } from './agent-process.ts'
import { buildAgent } from './build.ts'
import { hasOwnDisplay, openDisplay } from './display.ts'
import { say } from './progress.ts'
import { checkoutRoot } from './root.ts'
import { ensureSystem } from './system.ts'

/** Not the user's own: an installed agent on this computer lives there. */
const devDataDir = process.env['TIDELINE_DATA_DIR'] ?? join(checkoutRoot, '.tideline', 'dev-agent')

const SETTLE_MS = 200
const STOP_TIMEOUT_MS = 15_000

const spawnHub = (): ChildProcess =>
  spawn(process.execPath, [join(checkoutRoot, 'hub', 'server.ts')], { cwd: checkoutRoot, stdio: 'inherit' })

const startPages = async (): Promise<{ url: string; close: () => Promise<void> }> => {
  const server = await createServer({ configFile: join(checkoutRoot, 'vite.config.ts') })
  await server.listen()
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() }
}

const stopChild = async (child: ChildProcess | undefined): Promise<void> => {
  if (child === undefined) return
  const exited = waitForExit(child)
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(force)
}

/** Restarts never overlap: a change during one restart leads to exactly one more. */
const keepRunning = (
  name: string,
  start: (stopFormer: () => Promise<void>) => Promise<ChildProcess>,
): { restart: () => void; stop: () => Promise<void> } => {
  let child: ChildProcess | undefined
  let turn = Promise.resolve()
  let isQueued = false
  let isStopping = false
  const begin = async (): Promise<void> => {
    isQueued = false
    if (isStopping) return
    try {
      child = await start(() => stopChild(child))
    } catch (error) {
      say(`The ${name} was not restarted: ${String(error)}`)
    }
  }
  const restart = (): void => {
    if (isQueued) return
    isQueued = true
    turn = turn.then(begin)
  }
  const stop = (): Promise<void> => {
    isStopping = true
    return turn.then(() => stopChild(child))
  }
  return { restart, stop }
}

const watchSources = (sources: readonly string[], onChange: () => void): (() => Promise<void>) => {
  const folders = sources.map((folder) => join(checkoutRoot, folder))
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(folders, { ignoreInitial: true, ignored: (path) => /\.test\.tsx?$/.test(path) })
  watcher.on('all', () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, SETTLE_MS)
  })
  return () => watcher.close()
}

const run = async (): Promise<void> => {
  const system = await ensureSystem(hasOwnDisplay() ? ['electron'] : ['electron', 'xvfb'])
  if (system.kind === 'missing') return say(system.hint)
  const display = await openDisplay()
  const pages = await startPages()
  const hub = keepRunning('hub', async (stopFormer) => {
    await stopFormer()
    return spawnHub()
  })
  const agent = keepRunning('agent', async (stopFormer) => {
    await buildAgent()
    await stopFormer()
    return spawnAgent(process.argv.slice(2), { TIDELINE_DATA_DIR: devDataDir, ...display.env, TIDELINE_DEV_URL: pages.url })
  })
  const unwatch = [watchSources(['hub', 'sync'], hub.restart), watchSources(['main', 'sync', 'renderer/engine'], agent.restart)]
  hub.restart()
  agent.restart()
  say(`Pages at ${pages.url} (manager/index.html); changes in hub, main, sync and renderer are taken up as you save.`)
  await new Promise<void>((resolve) => {
    // Kept: a signal that comes twice must not cut the orderly end short.
    process.on('SIGINT', () => resolve())
    process.on('SIGTERM', () => resolve())
  })
  await Promise.all(unwatch.map((stop) => stop()))
  await Promise.all([agent.stop(), hub.stop()])
  await pages.close()
  await display.stop()
}

await run()
