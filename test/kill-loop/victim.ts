/**
 * The agent that is killed: the built application in the real Electron, in its own process group, always on the same data folder
 * and port. It is enrolled at a desk that then goes away: capture needs no hub.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type AgentFolders, agentFolders, writeAgentConfig } from '#demo/agent-process.ts'
import { freePort } from '#demo/free-port.ts'
import { tillTokenFile } from '#main/agent-lifecycle.ts'
import { electronEnvironment, electronExecutable } from '#scripts/electron-runtime.ts'
import { openEnrolmentDesk } from '#test/shell/enrolment-desk.ts'

export interface Victim {
  folders: AgentFolders
  port: number
  token: string
  /** Whether the process still runs; one that ended by itself is a fault of the agent. */
  runs(): boolean
  start(): void
  /** `kill -9` to the process and all its children; resolves when it is gone. */
  kill(): Promise<void>
}

const enrolmentCode = 'ABCD-EFGH-JKLM'
const enrolWithinMs = 60_000

const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

const answersAt = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/v1/health`).then(
    ({ ok }) => ok,
    () => false,
  )

/** `appDir` is the checkout, or a copy of its build. */
export const enrolVictim = async (dir: string, appDir: string): Promise<Victim> => {
  const folders = agentFolders(dir)
  const port = await freePort()
  const desk = await openEnrolmentDesk(enrolmentCode)
  await writeAgentConfig({ hubUrl: desk.url, httpPort: port, showWindow: false, enrolmentCode }, folders)
  const electron = await electronExecutable()
  let child: ChildProcess | undefined
  process.once('exit', () => child && killGroup(child))

  const start = (): void => {
    const log = openSync(folders.log, 'a')
    const args = [...electron.args, appDir, '--config', folders.config]
    child = spawn(electron.path, args, {
      env: electronEnvironment({ TIDELINE_READY_JSON: '1' }),
      detached: true,
      stdio: ['ignore', log, log],
    })
  }
  const runs = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null
  const kill = async (): Promise<void> => {
    if (!child || !runs()) return
    const ended = once(child, 'exit')
    killGroup(child)
    await ended
  }

  const untilEnrolled = async (): Promise<void> => {
    for (const deadline = performance.now() + enrolWithinMs; !(await answersAt(port)); await delay(20))
      if (!runs() || performance.now() > deadline) throw new Error(`the agent did not start; see ${folders.log}`)
  }

  start()
  try {
    await untilEnrolled()
  } catch (error) {
    await kill()
    throw error
  } finally {
    await desk.close()
  }
  return { folders, port, token: (await readFile(tillTokenFile(folders.data), 'utf8')).trim(), runs, start, kill }
}
