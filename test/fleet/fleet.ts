/** Many stores' agents against one hub, spread over a few processes; told what to do and asked how they fare together. */
import { setTimeout as delay } from 'node:timers/promises'
import { type LineProcess, startLineProcess } from '../bench/line-process.ts'
import type { FleetOrder, PartStatus } from './agents-process.ts'
import type { FleetStore } from './enrol-fleet.ts'
import type { JournalEnd } from './light-agent.ts'

export interface FleetStatus {
  connected: number
  /** The hub will not have them, until a person does something. */
  refused: number
  /** How often the hub named a moment to come back at. */
  toldToWait: number
  /** How often lines went down, by reason; being told to wait is one. */
  downs: Record<string, number>
  captured: number
  acknowledged: number
  /** What acknowledgements took that were not told before. */
  tookMs: number[]
}

export interface Fleet {
  look(): Promise<FleetStatus>
  /** Rejects when it does not come to be in time. */
  until(holds: (status: FleetStatus) => boolean, what: string, withinMs?: number): Promise<FleetStatus>
  /** Sales a minute of each store; 0 closes the tills. */
  sell(salesPerMinute: number): Promise<void>
  /** The most hellos that were sent within one second, since the last call. */
  takeMostHellos(): number
  journals(): Promise<JournalEnd[]>
  stop(): Promise<void>
}

export interface FleetOptions {
  hubUrl: string
  stores: readonly FleetStore[]
  seed?: number
  storesPerProcess?: number
  /** Each look, also while something is waited for. */
  onLook?(status: FleetStatus): void
}

const lookEveryMs = 250

export const startFleet = async ({ hubUrl, stores, seed = 1, storesPerProcess = 1_000, onLook }: FleetOptions): Promise<Fleet> => {
  const processes: LineProcess[] = []
  let hellos = new Map<number, number>()
  let turn: Promise<unknown> = Promise.resolve()

  /** One order at a time: what a process says answers the last one. */
  const obeyed = <T>(orderFor: (n: number) => FleetOrder): Promise<T[]> => {
    const mine = turn.then(() => {
      for (const [n, each] of processes.entries()) each.tell(JSON.stringify(orderFor(n)))
      return Promise.all(processes.map((each) => each.next<T>()))
    })
    turn = mine.catch(() => undefined)
    return mine
  }
  const merge = (parts: readonly PartStatus[]): FleetStatus => {
    for (const [second, count] of parts.flatMap((part) => part.hellos)) hellos.set(second, (hellos.get(second) ?? 0) + count)
    const downs: Record<string, number> = {}
    for (const [reason, count] of parts.flatMap((part) => Object.entries(part.downs))) downs[reason] = (downs[reason] ?? 0) + count
    const sum = (of: (part: PartStatus) => number): number => parts.reduce((all, part) => all + of(part), 0)
    const status = {
      ...{ connected: sum((part) => part.links['online'] ?? 0), refused: sum((part) => part.links['refused'] ?? 0) },
      ...{ toldToWait: downs['HUB_BUSY'] ?? 0, downs, captured: sum((part) => part.captured) },
      ...{ acknowledged: sum((part) => part.acknowledged), tookMs: parts.flatMap((part) => part.tookMs) },
    }
    onLook?.(status)
    return status
  }
  const look = async (): Promise<FleetStatus> => merge(await obeyed<PartStatus>(() => ({ order: 'tell' })))

  for (let at = 0; at < stores.length; at += storesPerProcess) processes.push(startLineProcess(['test/fleet/agents-process.ts']))
  const share = (n: number): FleetStore[] => stores.slice(n * storesPerProcess, (n + 1) * storesPerProcess)
  merge(await obeyed<PartStatus>((n) => ({ order: 'begin', hubUrl, stores: share(n), seed: seed + n })))

  return {
    look,
    until: async (holds, what, withinMs = 600_000) => {
      const deadline = performance.now() + withinMs
      for (;;) {
        const status = await look()
        if (holds(status)) return status
        if (performance.now() > deadline) throw new Error(`not in time: ${what}; ${JSON.stringify(status)}`)
        await delay(lookEveryMs)
      }
    },
    sell: async (salesPerMinute) => void merge(await obeyed<PartStatus>(() => ({ order: 'sell', salesPerMinute }))),
    takeMostHellos: () => {
      const most = Math.max(0, ...hellos.values())
      hellos = new Map()
      return most
    },
    journals: async () => (await obeyed<JournalEnd[]>(() => ({ order: 'tell-journals' }))).flat(),
    stop: async () => void (await Promise.all(processes.map((each) => each.stop()))),
  }
}
