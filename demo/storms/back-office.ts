/** A store's back-office PC: the real agent in Electron, which can be switched off, copied, and looked at through its manager's window. */
import { cp } from 'node:fs/promises'
import { withWindow } from '#test/e2e/local-database.ts'
import { checkoutRoot } from '../../scripts/root.ts'
import { type AgentFolders, agentFolders, type AgentProcess, type AgentSetup, startAgentProcess } from '../agent-process.ts'
import { freePort } from '../free-port.ts'

export interface BackOffice {
  name: string
  folders: AgentFolders
  agent(): AgentProcess
  /** What the manager reads in the window just now. */
  windowText(): Promise<string>
  /** The manager presses "Sync now": the hub is asked at once. */
  syncNow(): Promise<void>
  /** A picture of the window, as a PNG file. */
  picture(path: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** The whole data folder, as a disk's image would take it; the PC must be off. The copy is off, too. */
  cloned(name: string, dir: string): Promise<BackOffice>
}

type Place = Pick<AgentSetup, 'dir' | 'hubUrl' | 'enrolmentCode' | 'display'>

export const createBackOffice = async (name: string, place: Place): Promise<BackOffice> => {
  const folders = agentFolders(place.dir)
  const debuggingPort = await freePort()
  const setup: AgentSetup = {
    ...{ ...place, appDir: checkoutRoot, httpPort: await freePort(), showWindow: true },
    switches: [`--remote-debugging-port=${debuggingPort}`],
  }
  let running: AgentProcess | undefined
  return {
    name,
    folders,
    agent: () => {
      if (!running) throw new Error(`${name} is switched off`)
      return running
    },
    windowText: () => withWindow(debuggingPort, 'manager', (page) => page.locator('body').innerText()),
    syncNow: () => withWindow(debuggingPort, 'manager', (page) => page.getByRole('button', { name: 'Sync now' }).click()),
    picture: (path) => withWindow(debuggingPort, 'manager', async (page) => void (await page.screenshot({ path }))),
    start: async () => {
      running = await startAgentProcess(setup)
    },
    stop: async () => {
      await running?.stop()
      running = undefined
    },
    cloned: async (cloneName, dir) => {
      await cp(place.dir, dir, { recursive: true })
      return createBackOffice(cloneName, { ...place, dir })
    },
  }
}
