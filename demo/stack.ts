/** Everything the demo runs on, started in order and stopped in reverse: hub with its database, store, agent in Electron. */
import { join } from 'node:path'
import { buildAgent } from '../scripts/build.ts'
import { openDisplay } from '../scripts/display.ts'
import { electronExecutable } from '../scripts/electron-runtime.ts'
import { checkoutRoot } from '../scripts/root.ts'
import { ensureSystem } from '../scripts/system.ts'
import { type AgentProcess, startAgentProcess } from './agent-process.ts'
import type { DemoErp } from './erp.ts'
import { type DemoStore, openStoreAtHub, startHubProcess } from './hub-process.ts'
import { type JournalCounter, openJournalCounter } from './journal-counter.ts'
import { type HubLedger, openHubLedger } from './ledgers.ts'

export interface Stack {
  erp: DemoErp
  agent: AgentProcess
  hub: { url: string; operatorToken: string }
  hubLedger: HubLedger
  journalCounter: JournalCounter
  /** What can be opened, one line each. */
  addresses: string[]
  stop(): Promise<void>
}

export interface StackSetup {
  dir: string
  store: DemoStore
  erp: DemoErp
  say: (line: string) => void
}

export const openStack = async ({ dir, store, erp, say }: StackSetup): Promise<Stack> => {
  const stops: (() => Promise<void>)[] = [() => erp.stop()]
  const stop = async (): Promise<void> => {
    for (const end of stops.reverse()) await end()
  }
  try {
    const system = await ensureSystem(process.env['DISPLAY'] ? ['electron'] : ['electron', 'xvfb'])
    if (system.kind === 'missing') throw new Error(system.hint)
    await electronExecutable()
    await buildAgent()
    say('Starting the hub on its own PostgreSQL')
    const hub = await startHubProcess({ checkout: checkoutRoot, dir, erp: erp.access, port: 0 })
    stops.push(() => hub.stop())
    const hubLedger = await openHubLedger(hub.ready.databaseUrl)
    stops.push(() => hubLedger.close())
    const enrolmentCode = await openStoreAtHub(hub, store)
    const display = await openDisplay()
    stops.push(() => display.stop())
    say(
      display.isVirtual
        ? `Starting the store's agent in Electron (no screen here: on a virtual one, ${display.env.DISPLAY})`
        : "Starting the store's agent in Electron",
    )
    const agent = await startAgentProcess({
      appDir: checkoutRoot,
      dir,
      hubUrl: hub.ready.url,
      enrolmentCode,
      httpPort: 0,
      display: display.env,
      showWindow: true,
    })
    stops.push(() => agent.stop())
    const { url, operatorToken } = hub.ready
    const addresses = [
      `hub API       ${url}/v1/openapi.json   token ${operatorToken}`,
      `store agent   ${agent.url}/v1/health   token for tills ${agent.token}`,
      `drop files    ${agent.folders.watched}`,
      `PLU files     ${agent.folders.plu}`,
      `ERP           ${erp.access.url}   ${erp.access.user} / ${erp.access.password}`,
      `logs          ${join(dir, '*.log')}`,
    ]
    return {
      erp,
      agent,
      hub: { url, operatorToken },
      hubLedger,
      journalCounter: openJournalCounter(agent.folders.journal),
      addresses,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
