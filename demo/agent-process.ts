/** A store's agent: the real Electron on the built app, with a data folder of its own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { journalDir } from '#main/journal/journal.ts'
import { electronExecutable } from '../scripts/electron-runtime.ts'
import { type RunningChild, startChild } from './child-process.ts'

const readySchema = z.object({ httpPort: z.int(), dataDir: z.string(), tillTokenFile: z.string() })

export interface AgentFolders {
  data: string
  journal: string
  watched: string
  plu: string
  config: string
  log: string
}

export interface AgentProcess extends RunningChild<z.infer<typeof readySchema>> {
  folders: AgentFolders
  url: string
  token: string
}

export interface AgentSetup {
  /** The application folder: the checkout, or a packaged app's executable with `appDir` undefined. */
  appDir: string | undefined
  executable?: string
  dir: string
  hubUrl: string
  enrolmentCode: string
  httpPort: number
  display: { DISPLAY?: string }
  showWindow: boolean
  /** Further switches for Electron, before the application folder. */
  switches?: string[]
  /** More of the agent's configuration. */
  settings?: Record<string, unknown>
}

export const agentFolders = (dir: string): AgentFolders => ({
  data: join(dir, 'agent'),
  journal: journalDir(join(dir, 'agent')),
  watched: join(dir, 'till-files'),
  plu: join(dir, 'plu'),
  config: join(dir, 'agent.json'),
  log: join(dir, 'agent.log'),
})

export const writeAgentConfig = async (
  setup: Pick<AgentSetup, 'hubUrl' | 'httpPort' | 'showWindow' | 'enrolmentCode' | 'settings'>,
  folders: AgentFolders,
): Promise<void> => {
  await Promise.all([folders.data, folders.watched, folders.plu].map((folder) => mkdir(folder, { recursive: true })))
  const config = {
    dataDir: folders.data,
    hubUrl: setup.hubUrl,
    http: { port: setup.httpPort },
    watch: { dir: folders.watched },
    pluDir: folders.plu,
    showWindow: setup.showWindow,
    enrolmentCode: setup.enrolmentCode,
    ...setup.settings,
  }
  await writeFile(folders.config, JSON.stringify(config, null, 2))
}

export const startAgentProcess = async (setup: AgentSetup): Promise<AgentProcess> => {
  const folders = agentFolders(setup.dir)
  await writeAgentConfig(setup, folders)
  const electron = await electronExecutable()
  const running = await startChild(
    {
      name: 'the agent',
      command: setup.executable ?? electron.path,
      args: [...electron.args, ...(setup.switches ?? []), ...(setup.appDir ? [setup.appDir] : []), '--config', folders.config],
      logFile: folders.log,
      env: { ...setup.display, TIDELINE_READY_JSON: '1' },
    },
    (line) => readySchema.parse(line),
  )
  return { ...running, folders, ...(await accessOf(running.ready)) }
}

/** Where tills reach an agent, from its ready line. */
export const accessOf = async (ready: unknown): Promise<{ url: string; token: string }> => {
  const { httpPort, tillTokenFile } = readySchema.parse(ready)
  return { url: `http://127.0.0.1:${httpPort}`, token: (await readFile(tillTokenFile, 'utf8')).trim() }
}
