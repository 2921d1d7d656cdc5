/**
 * npm run dev: hub, agent and pages, each started anew or reloaded when its sources change. The manager page comes from
 * Vite's dev server (TIDELINE_DEV_URL tells the agent where); the engine page is rebuilt and the agent restarted.
 *
 *   hub ◀── node --watch      manager page ◀── Vite, hot      main, sync, engine page ── build ──▶ Electron restarted
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

const SETTLE_MS = 200

const startHub = (): ChildProcess =>
  spawn(process.execPath, ['--watch', '--watch-preserve-output', join(checkoutRoot, 'hub', 'server.ts')], {
    cwd: checkoutRoot,
    stdio: 'inherit',
  })

const startPages = async (): Promise<{ url: string; close: () => Promise<void> }> => {
  const server = await createServer({ configFile: join(checkoutRoot, 'vite.config.ts') })
  await server.listen()
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() }
}

/** Restarts never overlap: a change during one restart leads to exactly one more. */
const keepAgentRunning = (args: readonly string[], env: NodeJS.ProcessEnv): { restart: () => void; stop: () => Promise<void> } => {
  let child: ChildProcess | undefined
  let turn = Promise.resolve()
  let isQueued = false
  const stopChild = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = waitForExit(child)
    child.kill('SIGTERM')
    await exited
  }
  const start = async (): Promise<void> => {
    isQueued = false
    try {
      await buildAgent()
      await stopChild()
      child = await spawnAgent(args, env)
    } catch (error) {
      say(`The agent was not restarted: ${String(error)}`)
    }
  }
  const restart = (): void => {
    if (isQueued) return
    isQueued = true
    turn = turn.then(start)
  }
  return { restart, stop: () => turn.then(stopChild) }
}

const watchSources = (onChange: () => void): (() => Promise<void>) => {
  const folders = ['main', 'sync', 'renderer/engine'].map((folder) => join(checkoutRoot, folder))
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
  const hub = startHub()
  const agent = keepAgentRunning(process.argv.slice(2), { ...display.env, TIDELINE_DEV_URL: pages.url })
  const unwatch = watchSources(agent.restart)
  agent.restart()
  say(`Pages at ${pages.url} (manager/index.html); changes in hub, main, sync and renderer are taken up as you save.`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await unwatch()
  await agent.stop()
  hub.kill('SIGTERM')
  await pages.close()
  await display.stop()
}

await run()
