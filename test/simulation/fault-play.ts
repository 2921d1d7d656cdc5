/** Lets each fault of a list happen to the world at its time, and ends it again. */
import { declareEpoch } from '#hub/epoch/epoch.ts'
import { must } from '#sync/contract/assert.ts'
import type { Agent } from './agent.ts'
import type { Fault } from './fault.ts'
import { fairWeather } from './network.ts'
import type { World } from './world.ts'

type Player<K extends Fault['kind']> = (world: World, fault: Extract<Fault, { kind: K }>) => void

const agentOf = ({ agents }: World, number: number): Agent => must(agents[number % agents.length], 'an agent')
const storeOf = ({ stores }: World, number: number): string => must(stores[number % stores.length], 'a store').storeId

const players: { [K in Fault['kind']]?: Player<K> } = {
  weather: ({ network, scheduler, tally, ...world }, { store, forMs, weather }) => {
    const storeId = storeOf({ network, scheduler, tally, ...world }, store)
    tally.count('bad weather')
    network.setWeather(storeId, weather)
    scheduler.after(forMs, `the weather clears at ${storeId}`, () => network.setWeather(storeId, fairWeather))
  },
  cut: (world, { store, isHalfOpen }) => world.network.cut(storeOf(world, store), isHalfOpen),
  'agent killed': (world, { agent: number, isPowerCut, downMs }) => {
    const agent = agentOf(world, number)
    if (!agent.isRunning()) return
    agent.kill()
    if (isPowerCut) agent.computer.disk.powerCut()
    world.tally.count(isPowerCut ? 'power cut' : 'agent killed')
    world.scheduler.after(downMs, `${agent.name} is started`, () => agent.start())
  },
  'engine killed': (world, { agent: number }) => {
    const agent = agentOf(world, number)
    if (!agent.engine()) return
    world.tally.count('engine killed')
    agent.killEngine()
  },
  'hub killed': (world, { hub: number, downMs }) => {
    const index = number % world.hubs.length
    const hub = world.hubs[index]
    if (!hub?.life.isAlive()) return
    world.tally.count('hub process killed')
    hub.life.kill()
    world.scheduler.after(downMs, `hub ${index} is started`, () => world.startHub(index))
  },
  'hub deaf': (world, { hub, forMs }) => {
    world.tally.count('hub deaf')
    world.hubs[hub % world.hubs.length]?.goDeaf(forMs)
  },
  'SQL trouble': ({ database, scheduler }, { forMs, likelihood }) => {
    database.trouble = likelihood
    scheduler.after(forMs, 'SQL is well again', () => (database.trouble = 0))
  },
}
void declareEpoch

export const playFault = (world: World, fault: Fault): void =>
  void world.scheduler.after(fault.atMs, `fault: ${fault.kind}`, () => (players[fault.kind] as Player<never> | undefined)?.(world, fault as never))
