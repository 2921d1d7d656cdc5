/**
 * main's side of the engine: keeps its window alive, answers what it asks, passes on look-ups and what is appended. Free of
 * Electron: the window comes through `open`.
 */
import { engineToMain, mainToEngine, type AgentStatus, type IpcRequest, type IpcResponse, type ManagerView } from '#sync/contract/ipc.ts'
import { barcodeSchema } from '#sync/contract/vocabulary.ts'
import type { Clock, ItemLookup, PriceBasisLookup, Random } from '#sync/core/ports.ts'
import type { AgentLog } from './agent-log.ts'
import { createEngineSupervisor, type EngineWindow } from './engine-supervisor.ts'
import { createCaller } from './ipc/caller.ts'
import { createAnswerer, type Answerer, type Handlers } from './ipc/request-table.ts'
import type { WindowPort } from './ipc/window-port.ts'

const lookupTimeoutMs = 2_000
/** A bundle on a bad line. */
const bundleTimeoutMs = 1_800_000

export interface EngineWindowPorts {
  answer: Answerer
  onAnswer: (message: unknown) => void
  onConsoleError: (text: string) => void
  onPort: (port: WindowPort | null) => void
}

export interface EngineHostPorts {
  open: (ports: EngineWindowPorts, onGone: (reason: string) => void) => EngineWindow
  handlers: (onView: (view: ManagerView) => void) => Handlers<typeof engineToMain>
  onView: (view: ManagerView) => void
  onState: (state: AgentStatus['engine']) => void
  onFault: (method: string, fault: unknown) => void
  log: AgentLog
  after: Clock['after']
  nowMs: Clock['nowMs']
  random: Random
}

export interface EngineHost {
  items: ItemLookup
  prices: PriceBasisLookup
  syncNow(): Promise<null>
  sendDiagnostics(
    answer: IpcRequest<typeof mainToEngine, 'diagnostics.send'>,
  ): Promise<IpcResponse<typeof mainToEngine, 'diagnostics.send'>>
  /** The computer woke up. */
  resumed(): void
  appended(seq: number): void
  start(): void
  /** What the engine is built on has changed. */
  restart(): void
  stop(): void
}

export const createEngineHost = (ports: EngineHostPorts): EngineHost => {
  const { log, after, nowMs, random } = ports
  const engine = createCaller(mainToEngine, after, lookupTimeoutMs)
  let enginePort: WindowPort | null = null

  const onView = (view: ManagerView): void => {
    supervisor.markRunning()
    ports.onView(view)
  }
  const windowPorts = (): EngineWindowPorts => ({
    answer: createAnswerer(engineToMain, ports.handlers(onView), ports.onFault),
    onAnswer: engine.settle,
    onConsoleError: (text) => log.error('The engine window reports an error.', { text }),
    onPort: (port) => {
      enginePort = port
      engine.connect(port ? port.call : null)
    },
  })
  const supervisor = createEngineSupervisor({
    open: (onGone) => ports.open(windowPorts(), onGone),
    ...{ after, nowMs, random },
    onState: ports.onState,
    onTrouble: (message) => log.error(message),
  })

  return {
    items: {
      lookup: async (barcode) => {
        const parsed = barcodeSchema.safeParse(barcode)
        return parsed.success ? engine.call('items.lookup', { barcode: parsed.data }) : null
      },
    },
    prices: { basis: (itemId, at) => engine.call('prices.basis', { itemId, ...(at === undefined ? {} : { at }) }) },
    syncNow: () => engine.call('sync.now', null),
    sendDiagnostics: (answer) => engine.call('diagnostics.send', answer, bundleTimeoutMs),
    // An engine that is not there starts afresh anyway.
    resumed: () => void engine.call('system.resumed', null).catch(() => undefined),
    appended: (seq) => enginePort?.push('journal.appended', { seq }),
    start: supervisor.start,
    restart: supervisor.restart,
    stop: supervisor.stop,
  }
}
