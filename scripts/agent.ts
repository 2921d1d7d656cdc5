/** npm run agent: builds the store agent and runs it in Electron, in a window where there is a display, else under Xvfb. */
import { buildAgent } from './build.ts'
import { spawnAgent, waitForExit } from './agent-process.ts'
import { hasOwnDisplay, withDisplay } from './display.ts'
import { say } from './progress.ts'
import { ensureSystem } from './system.ts'

const STOP_TIMEOUT_MS = 10_000

const run = async (args: readonly string[]): Promise<number> => {
  const system = await ensureSystem(hasOwnDisplay() ? ['electron'] : ['electron', 'xvfb'])
  if (system.kind === 'missing') {
    say(system.hint)
    return 1
  }
  await buildAgent()
  return withDisplay(async (display) => {
    const child = await spawnAgent(args, display)
    const stop = (): void => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref()
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    return waitForExit(child)
  })
}

process.exitCode = await run(process.argv.slice(2))
