/** The built agent in the real Electron, with a data folder of its own; gone with everything it wrote when closed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright'
import { must } from '#sync/contract/assert.ts'
import { electronEnvironment, electronExecutable } from '#scripts/electron-runtime.ts'
import { checkoutRoot } from '#scripts/root.ts'

export interface AgentApp {
  electron: ElectronApplication
  dataDir: string
  page(role: 'manager' | 'engine'): Promise<Page>
  /** Posts to the intake as a till does. */
  post(httpPort: number, body: unknown): Promise<{ status: number; body: unknown }>
  log(): Promise<string>
  close(): Promise<void>
}

const isStringEntry = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined

export const openAgentApp = async (settings: Record<string, unknown> = {}): Promise<AgentApp> => {
  const folder = await mkdtemp(join(tmpdir(), 'tideline-agent-'))
  const dataDir = join(folder, 'data')
  const config = join(folder, 'agent.json')
  await writeFile(config, JSON.stringify({ dataDir, http: { port: 0 }, ...settings }))
  const runtime = await electronExecutable()
  const electron = await _electron.launch({
    executablePath: runtime.path,
    args: [...runtime.args, checkoutRoot, '--config', config],
    env: Object.fromEntries(Object.entries(electronEnvironment({ TIDELINE_READY_JSON: '1' })).filter(isStringEntry)),
  })

  const page: AgentApp['page'] = async (role) => {
    const isIt = (window: Page) => window.url().startsWith(`app://agent/${role}/`)
    return (
      electron.windows().find(isIt) ??
      (await electron.waitForEvent('window', {
        predicate: (window) =>
          window.waitForURL(`app://agent/${role}/**`).then(
            () => true,
            () => false,
          ),
      }))
    )
  }
  const post: AgentApp['post'] = async (httpPort, body) => {
    const token = (await readFile(join(dataDir, 'till-token'), 'utf8')).trim()
    const response = await fetch(`http://127.0.0.1:${httpPort}/v1/transactions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }
  return {
    electron,
    dataDir,
    page,
    post,
    log: () => readFile(join(dataDir, 'agent.log'), 'utf8'),
    close: async () => {
      const child = must(electron.process(), 'Electron process')
      await electron.close().catch(() => child.kill('SIGKILL'))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
