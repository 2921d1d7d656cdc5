/**
 * A whole world from one seed: stores with their tills and agents, two processes of the hub on one database, an ERP, a network, and
 * the faults of a list. It sells for some minutes, then the faults end, and all must come to rest as the invariants say.
 */
import { drawNamesFrom } from './prompt-node.ts'
import { createStore } from '#hub/enrolment/enrolment.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { identitySchema, type Identity } from '#sync/contract/config.ts'
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import { createAgent, devicePublicKey, type Agent } from './agent.ts'
import { chanceOf, type Chance } from './chance.ts'
import { startClerk } from './clerk.ts'
import { newComputer, type Computer } from './computer.ts'
import { createErp, shelf, type Erp } from './erp.ts'
import { drawFaults, endOf, type Fault } from './fault.ts'
import { playFault } from './fault-play.ts'
import { createHubDatabase, type HubDatabase } from './hub-database.ts'
import { type HubMutation, type HubProcess, startHubProcess } from './hub-process.ts'
import { checkEnd } from './invariants.ts'
import { startLife } from './life.ts'
import { createNetwork, type Network } from './network.ts'
import { openPostgres } from './postgres.ts'
import { createScheduler } from './scheduler.ts'
import { unsettled } from './settled.ts'
import { createTally, type Tally } from './tally.ts'
import type { Sender } from './sender.ts'
import { startTill } from './till.ts'

export interface StoreWorld {
  storeId: string
  identity: Identity
}

export interface World {
  readonly scheduler: ReturnType<typeof createScheduler>
  readonly chance: Chance
  readonly tally: Tally
  readonly database: HubDatabase
  readonly network: Network
  readonly erp: Erp
  readonly stores: readonly StoreWorld[]
  readonly agents: Agent[]
  /** Tills, and stock clerks. */
  readonly tills: Sender[]
  readonly hubs: HubProcess[]
  /** Of what was answered, what no disk and no database held any more after a disaster. */
  readonly destroyed: Set<string>
  readonly violations: string[]
  startMs: number
  /** What the hub's computers show. */
  hubWallMs(): number
  startHub(index: number): void
  addAgent(name: string, computer: Computer, identity: Identity): Agent
  addTill(name: string, agent: Agent, workstationId: string, moments: readonly number[]): Sender
  addClerk(name: string, agent: Agent, moments: readonly number[]): void
}

export interface Plan {
  seed: number
  faults: readonly Fault[]
  mutation?: HubMutation
  keepStory?: boolean
}

export interface Outcome {
  seed: number
  violations: readonly string[]
  traceHash: string
  events: number
  transactions: number
  counts: Readonly<Record<string, number>>
  story: readonly string[]
  virtualMs: number
}

const startMs = Date.parse('2026-03-02T08:00:00.000Z')
const secondMs = 1_000
/** Enough for every pause, back-off and lease; then a night passes, because a journal begins one new life a day. */
const patienceMs = 16 * 60 * secondMs
const nightMs = 25 * 3_600 * secondMs
const nights = 3
const lookEveryMs = 20 * secondMs

export const lengthOf = (seed: number): number => chanceOf(seed, 'length').int(90, 240) * secondMs

const createWorld = async ({ seed, mutation, keepStory = false }: Plan): Promise<World> => {
  const chance = chanceOf(seed)
  const scheduler = createScheduler({ keepStory })
  drawNamesFrom(chance.stream('names').next)
  const tally = createTally()
  const engine = await openPostgres()
  await engine.reset()
  scheduler.outside = engine
  const hubWallMs = (): number => startMs
  const database = createHubDatabase({ engine, scheduler, chance: chance.stream('sql'), tally, wallMs: hubWallMs })
  engine.onNotify((channel, payload) => {
    for (const hub of world.hubs) if (hub.life.isAlive()) hub.notified(channel, payload)
  })
  const erp = createErp(scheduler, chance.stream('erp'), tally)
  const network = createNetwork({
    ...{ scheduler, chance: chance.stream('network'), tally, hosts: () => world.hubs },
    onViolation: (words) => void world.violations.push(words),
    onAnswer: (hello, event, answer) => {
      if (!hello || !['batch', 'packedBatch', 'terseBatch'].includes(event)) return
      const { outcome, ackedSeq } = answer as { outcome?: string; ackedSeq?: number }
      if (outcome !== 'acknowledged' || ackedSeq === undefined) return
      const stream = `${hello.deviceId}:${hello.incarnation}`
      scheduler.note(`hub acknowledges ${stream} up to ${ackedSeq}`)
      const committed = database.committed.get(stream) ?? 0
      if (committed < ackedSeq) world.violations.push(`${stream} is acknowledged up to ${ackedSeq}, committed up to ${committed}`)
    },
  })
  const workers = chance.stream('workers').happens(0.3) ? 2 : 1
  let hubLives = 0
  const requests = mutation?.({
    hubNowMs: () => scheduler.nowMs() + hubWallMs(),
    agentNowMs: (deviceId) => {
      const agent = world.agents.find(({ identity }) => identity.deviceId === deviceId)
      return scheduler.nowMs() + (agent?.computer.wallMs ?? startMs)
    },
  })
  const world: World = {
    ...{ scheduler, chance, tally, database, network, erp, startMs, hubWallMs },
    ...{ stores: [], agents: [], tills: [], hubs: [], destroyed: new Set(), violations: [] },
    startHub: (index) => {
      hubLives += 1
      const life = startLife(`hub ${index} ${hubLives}`, scheduler, chance.stream(`hub ${index} ${hubLives}`))
      world.hubs[index] = startHubProcess({
        ...{ life, database, erp, chance: chance.stream(`hub luck ${hubLives}`), tally, wallMs: hubWallMs, mutation: requests },
        isWorker: index < workers,
      })
    },
    addAgent: (name, computer, identity) => {
      const agent = createAgent({
        ...{ name, computer, identity, scheduler, chance: chance.stream(name), tally },
        link: (life) => network.link(life, identity.storeId),
        onAcknowledged: (incarnation, seq) => {
          const there = database.everCommitted.get(`${identity.deviceId}:${incarnation}`) ?? 0
          if (seq > there)
            world.violations.push(`${name} believes ${incarnation} acknowledged up to ${seq}; the hub never had more than ${there}`)
        },
      })
      world.agents.push(agent)
      return agent
    },
    addTill: (name, agent, workstationId, moments) => {
      const till = startTill({
        ...{ name, storeId: agent.identity.storeId, workstationId, agent, scheduler, chance: chance.stream(name), tally, moments, startMs },
      })
      world.tills.push(till)
      return till
    },
    addClerk: (name, agent, moments) => {
      const { storeId } = agent.identity
      world.tills.push(startClerk({ ...{ name, storeId, agent, scheduler, chance: chance.stream(name), tally, moments, startMs } }))
    },
  }
  return world
}

const openStores = async (world: World, lengthMs: number): Promise<void> => {
  const { chance, database } = world
  const draw = chance.stream('stores')
  const count = draw.int(1, 2)
  for (let number = 1; number <= count; number += 1) {
    const storeId = `S${number}`
    const settings = storeSettingsSchema.parse({ storeId, name: `Store ${number}`, currency: 'EUR', timeZone: 'Europe/Berlin' })
    const identity = identitySchema.parse({
      ...{ deviceId: `dev-store${String(number).padStart(7, '0')}`, storeId, storeName: settings.name, currency: 'EUR', timeZone: 'UTC' },
    })
    await createStore(database.eyes, settings)
    await database.look(
      `insert into device (device_id, store_id, public_key, host_name) values ($1, $2, $3, 'simulated') returning 1 as done`,
      [...[identity.deviceId, storeId, devicePublicKey]],
    )
    ;(world.stores as StoreWorld[]).push({ storeId, identity })
    const agent = world.addAgent(`agent ${number}`, newComputer(chance.stream(`disk ${number}`), world.startMs), identity)
    agent.start()
    const papers = chance.stream(`papers ${number}`)
    const moments = Array.from({ length: papers.int(0, 4) }, () => papers.int(500, lengthMs)).sort((a, b) => a - b)
    world.addClerk(`clerk ${number}`, agent, moments)
    const tills = draw.int(1, 2)
    for (let till = 1; till <= tills; till += 1) {
      const moments = Array.from({ length: draw.int(3, 8) }, () => draw.int(500, lengthMs)).sort((a, b) => a - b)
      world.addTill(`till ${number}/${till}`, agent, String(till), moments)
    }
  }
}

/** What the ERP's buyer does meanwhile. */
const changePrices = ({ chance, scheduler, erp }: World, lengthMs: number): void => {
  const draw = chance.stream('prices')
  for (let change = 0; change < draw.int(1, 4); change += 1) {
    const item = draw.pick(shelf)
    const amountMinor = draw.int(10, 400) * 5
    scheduler.after(draw.int(10_000, lengthMs), `ERP changes the price of ${item.itemId}`, () => erp.changePrice(item.itemId, amountMinor))
  }
}

/** The manager closes the day, and more is sold after it. */
const closeDays = ({ chance, scheduler, agents, tally, startMs: beganMs }: World, lengthMs: number): void => {
  const draw = chance.stream('closes')
  const businessDay = businessDaySchema.parse(new Date(beganMs).toISOString().slice(0, 10))
  for (const agent of [...agents])
    scheduler.after(draw.int(lengthMs / 2, lengthMs), `${agent.name} closes the day`, () => {
      agent
        .keeper()
        ?.closeDay(businessDay, new Map())
        .then(
          () => tally.count('day closed'),
          () => undefined,
        )
    })
}

const comeToRest = async (world: World): Promise<void> => {
  const { scheduler, agents, database } = world
  for (let night = 0; ; night += 1) {
    const endMs = scheduler.nowMs() + patienceMs
    let reason = 'never looked'
    while (scheduler.nowMs() < endMs) {
      await scheduler.runUntil(scheduler.nowMs() + lookEveryMs)
      await scheduler.runUntil(endMs, database.isFree)
      reason = (await unsettled(world)) ?? ''
      if (reason === '') return
    }
    if (night === nights) return void world.violations.push(`does not come to rest: ${reason}`)
    for (const { computer } of agents) computer.wallMs += nightMs
  }
}

/** The faults that a seed stands for. */
export const faultsOf = (seed: number): Fault[] => drawFaults(chanceOf(seed, 'faults'), lengthOf(seed))

export const runWorld = async (plan: Plan): Promise<Outcome> => {
  const world = await createWorld(plan)
  const { scheduler, tally } = world
  const lengthMs = lengthOf(plan.seed)
  await openStores(world, lengthMs)
  for (const index of [0, 1]) world.startHub(index)
  changePrices(world, lengthMs)
  closeDays(world, lengthMs)
  for (const fault of plan.faults) playFault(world, fault)
  await scheduler.runUntil(Math.max(lengthMs, ...plan.faults.map((fault) => endOf(fault) + secondMs)))
  await comeToRest(world)
  if (world.violations.length === 0) world.violations.push(...(await checkEnd(world)))
  for (const agent of world.agents) agent.kill()
  for (const hub of world.hubs) hub.life.kill()
  await scheduler.settle()
  const transactions = world.tills.reduce((sum, till) => sum + till.answered.filter(({ outcome }) => outcome === 'captured').length, 0)
  return {
    ...{ seed: plan.seed, violations: world.violations, traceHash: scheduler.traceHash, events: scheduler.events, transactions },
    ...{ counts: tally.counts, story: scheduler.story, virtualMs: scheduler.nowMs() },
  }
}
