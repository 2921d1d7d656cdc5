/**
 * A part of the fleet, in a process of its own:
 *
 *   node test/fleet/agents-process.ts      orders come as lines of JSON on standard input, each is answered by one line
 */
import { systemClock as clock } from '#hub/system-clock.ts'
import { createInterface } from 'node:readline'
import { unreachable } from '#sync/contract/assert.ts'
import { seededRandom } from '#demo/seeded-random.ts'
import type { FleetStore } from './enrol-fleet.ts'
import { type LightAgent, openLightAgent } from './light-agent.ts'

export type FleetOrder =
  | { order: 'begin'; hubUrl: string; stores: FleetStore[]; seed: number }
  /** Each store for itself, at moments of chance; 0 closes the tills. */
  | { order: 'sell'; salesPerMinute: number }
  | { order: 'tell' }
  | { order: 'tell-journals' }

export interface PartStatus {
  /** Agents by the state of their line. */
  links: Record<string, number>
  /** How often lines went down, by reason. */
  downs: Record<string, number>
  captured: number
  acknowledged: number
  /** From captured until the acknowledgement is stored, in milliseconds; each is told once. */
  tookMs: number[]
  /** Hellos by the second of this machine's clock in which they were sent; each second is told once it is over. */
  hellos: [second: number, count: number][]
}

const secondNow = (): number => Math.floor(Date.now() / 1_000)

let agents: LightAgent[] = []
let random = seededRandom(0)
const downs: Record<string, number> = {}
let tookMs: number[] = []
const hellos = new Map<number, number>()
let cancelSales: (() => void)[] = []

const begin = ({ hubUrl, stores, seed }: Extract<FleetOrder, { order: 'begin' }>): void => {
  random = seededRandom(seed)
  agents = stores.map((store) =>
    openLightAgent({
      ...{ hubUrl, store, clock, random },
      onHello: () => void hellos.set(secondNow(), (hellos.get(secondNow()) ?? 0) + 1),
      onDown: (reason) => void (downs[reason] = (downs[reason] ?? 0) + 1),
      onAcknowledged: (took) => void tookMs.push(took),
    }),
  )
  for (const agent of agents) agent.start()
}

const sell = (salesPerMinute: number): void => {
  for (const cancel of cancelSales) cancel()
  cancelSales = agents.map(() => () => undefined)
  if (salesPerMinute === 0) return
  const schedule = (agent: LightAgent, n: number): void => {
    const afterMs = (-Math.log(1 - random()) * 60_000) / salesPerMinute
    cancelSales[n] = clock.after(afterMs, () => {
      agent.sell()
      schedule(agent, n)
    })
  }
  for (const [n, agent] of agents.entries()) schedule(agent, n)
}

const pastHellos = (): PartStatus['hellos'] => {
  const past = [...hellos].filter(([second]) => second < secondNow())
  for (const [second] of past) hellos.delete(second)
  return past
}

const status = (): PartStatus => {
  const links: Record<string, number> = {}
  for (const agent of agents) links[agent.link()] = (links[agent.link()] ?? 0) + 1
  const counts = agents.map((agent) => agent.counts())
  const told = tookMs
  tookMs = []
  return {
    ...{ links, downs, tookMs: told, hellos: pastHellos() },
    captured: counts.reduce((sum, { captured }) => sum + captured, 0),
    acknowledged: counts.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  }
}

const obey = (order: FleetOrder): unknown => {
  switch (order.order) {
    case 'begin':
      begin(order)
      return status()
    case 'sell':
      sell(order.salesPerMinute)
      return status()
    case 'tell':
      return status()
    case 'tell-journals':
      return agents.map((agent) => agent.journalEnd())
    default:
      return unreachable(order)
  }
}

createInterface(process.stdin).on('line', (line) => process.stdout.write(`${JSON.stringify(obey(JSON.parse(line) as FleetOrder))}\n`))
