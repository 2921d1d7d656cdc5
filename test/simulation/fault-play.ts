/** Lets each fault of a list happen to the world at its time, and ends it again. */
import { declareEpoch } from '#hub/epoch/epoch.ts'
import { must } from '#sync/contract/assert.ts'
import { feedChannel, feedScope, writeFeed } from '#hub/catalogue/feed.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { defaultSyncSettings } from '#sync/contract/traffic.ts'
import { sql } from 'kysely'
import type { Agent } from './agent.ts'
import { diskOf, type Image, imageOf, newComputer } from './computer.ts'
import type { Fault } from './fault.ts'
import { noteDestroyed } from './held.ts'
import type { Backup } from './hub-database.ts'
import { copyTables, emptyTables } from './local-tables.ts'
import { fairWeather } from './network.ts'
import type { World } from './world.ts'

type Player<K extends Fault['kind']> = (world: World, fault: Extract<Fault, { kind: K }>) => void

const agentOf = ({ agents }: World, number: number): Agent => must(agents[number % agents.length], 'an agent')
const storeOf = ({ stores }: World, number: number): string => must(stores[number % stores.length], 'a store').storeId

const players: { [K in Fault['kind']]: Player<K> } = {
  weather: (world, { store, forMs, weather }) => {
    const storeId = storeOf(world, store)
    world.tally.count('bad weather')
    world.network.setWeather(storeId, weather)
    world.scheduler.after(forMs, `the weather clears at ${storeId}`, () => world.network.setWeather(storeId, fairWeather))
  },
  cut: (world, { store, isHalfOpen }) => world.network.cut(storeOf(world, store), isHalfOpen),
  'agent killed': (world, { agent: number, isPowerCut, downMs }) => {
    const agent = agentOf(world, number)
    if (!stop(agent)) return
    if (isPowerCut) agent.computer.disk.powerCut()
    world.tally.count(isPowerCut ? 'power cut' : 'agent killed')
    startAgain(world, agent, downMs)
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
    const isOther = world.hubs.some((other) => other !== hub && other.life.isAlive())
    world.tally.count(isOther ? 'hub failed over' : 'hub gone')
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
  'clock jumps': (world, { agent: number, byMs }) => {
    world.tally.count(byMs < 0 ? 'clock set back' : 'clock set forward')
    agentOf(world, number).computer.wallMs += byMs
  },
  'disk full': (world, { agent: number, forMs }) => {
    const { computer, name } = agentOf(world, number)
    const { disk } = computer
    world.tally.count('disk full')
    disk.capacity = 0
    world.scheduler.after(forMs, `${name}: the disk has room again`, () => {
      disk.capacity = Infinity
      computer.disk.capacity = Infinity
    })
  },
  'local database full': (world, { agent: number, forMs }) => {
    const { computer, name } = agentOf(world, number)
    computer.isLocalFull = true
    world.scheduler.after(forMs, `${name}: the local database has room again`, () => (computer.isLocalFull = false))
  },
  'local database wiped': (world, { agent: number }) => {
    const agent = agentOf(world, number)
    if (!agent.engine()) return
    world.tally.count('local database wiped')
    agent.computer.tables = emptyTables()
    agent.killEngine()
  },
  'disk image restored': (world, { agent: number, takenAtMs, atMs, localDatabase }) => {
    const agent = agentOf(world, number)
    const taking = imageOf(agent.computer)
    void world.scheduler.after(Math.max(1, atMs - takenAtMs), `the image of ${agent.name} is put back`, () => {
      void putBack(world, agent, taking, localDatabase)
    })
  },
  'computer cloned': (world, { agent: number }) => {
    const agent = agentOf(world, number)
    const clones = world.agents.length - world.stores.length
    if (clones >= 2) return
    world.tally.count('computer cloned')
    void clone(world, agent, clones + 1)
  },
  'hub restored': (world, { atMs, takenAtMs, declaredAfterMs }) => {
    const taking = world.database.backup()
    void world.scheduler.after(Math.max(1, atMs - takenAtMs), 'the hub’s database is restored', () => {
      void restoreHub(world, taking, declaredAfterMs)
    })
  },
  'ERP mood': ({ erp, scheduler }, { mood, forMs }) => {
    erp.mood = mood
    scheduler.after(forMs, 'the ERP is well again', () => (erp.mood = 'well'))
  },
  'settings changed': (world, { store, name }) => {
    const storeId = storeOf(world, store)
    const settings = storeSettingsSchema.parse({ storeId, name, currency: 'EUR', timeZone: 'Europe/Berlin' })
    const sync = { ...defaultSyncSettings(settings.storeId), compareEveryMinutes: 1 + (name.length % 9) }
    world.tally.count('settings changed')
    void world.database.eyes.transaction().execute(async (trx) => {
      await sql`update store set name = ${name} where store_id = ${storeId}`.execute(trx)
      await writeFeed(trx, 'settings', storeId, [settings, sync])
    })
  },
  'poison record': (world, { agent: number }) => {
    const journal = agentOf(world, number).journal()
    if (!journal) return
    world.tally.count('poison record')
    journal.append('transaction', JSON.stringify({ of: 'a newer agent', at: world.scheduler.nowMs() })).catch(() => undefined)
  },
  'poison document': (world, { store, feed, atMs }) => {
    const scope = feedScope(feed, storeOf(world, store))
    world.tally.count('poison document')
    void world.database.eyes.transaction().execute(async (trx) => {
      await sql`insert into feed_head (feed, scope) values (${feed}, ${scope}) on conflict do nothing`.execute(trx)
      await sql`with head as (
        update feed_head set checkpoint = checkpoint + 1 where feed = ${feed} and scope = ${scope} returning checkpoint)
        insert into feed_entry (feed, scope, document_id, checkpoint, document)
        select ${feed}, ${scope}, ${`new-${atMs}`}, checkpoint, '{"shape":"of a newer hub"}' from head
        on conflict do nothing`.execute(trx)
      await sql`select pg_notify(${feedChannel}, ${`${feed}|${scope}`})`.execute(trx)
    })
  },
  'protocol 2': ({ network, scheduler, tally }, { side, forMs }) => {
    tally.count(side === 'hub' ? 'hub speaks protocol 2' : 'agents speak protocol 2')
    network.speakOld(side)
    scheduler.after(forMs, `${side} updated`, () => network.speakOld(null))
  },
}

const stop = (agent: Agent): boolean => {
  if (!agent.isRunning()) return false
  agent.kill()
  return true
}

/** Unless somebody has started it meanwhile. */
const startAgain = ({ scheduler }: World, agent: Agent, downMs: number): void =>
  void scheduler.after(downMs, `${agent.name} is switched on`, () => {
    if (!agent.isStarted()) agent.start()
  })

const putBack = async (world: World, agent: Agent, taking: Promise<Image>, localDatabase: 'kept' | 'restored' | 'lost'): Promise<void> => {
  const image = await taking
  agent.kill()
  const { computer } = agent
  computer.disk = await diskOf(image, world.chance.stream(`restored ${world.scheduler.nowMs()}`))
  if (localDatabase !== 'kept') computer.tables = localDatabase === 'restored' ? copyTables(image.tables) : emptyTables()
  world.tally.count(`disk image restored, local database ${localDatabase}`)
  await noteDestroyed(world)
  startAgain(world, agent, 5_000)
}

const clone = async (world: World, original: Agent, number: number): Promise<void> => {
  const image = await imageOf(original.computer)
  const name = `clone ${number}`
  const computer = newComputer(world.chance.stream(name), original.computer.wallMs)
  computer.disk = await diskOf(image, world.chance.stream(`${name} disk`))
  computer.tables = copyTables(image.tables)
  const agent = world.addAgent(name, computer, original.identity)
  agent.start()
  const nowMs = world.scheduler.nowMs()
  world.addTill(`till of ${name}`, agent, `C${number}`, [nowMs + 8_000, nowMs + 20_000, nowMs + 45_000])
}

const restoreHub = async (world: World, taking: Promise<Backup>, declaredAfterMs: number): Promise<void> => {
  const { database, scheduler, tally } = world
  await database.restore(await taking)
  tally.count(declaredAfterMs === 0 ? 'hub restored' : 'hub restored, not declared at first')
  await noteDestroyed(world)
  scheduler.after(declaredAfterMs, 'the operator declares a new epoch', () => {
    tally.count('epoch declared')
    void declareEpoch(database.eyes, 'restored from a backup')
  })
}

/** When it happens: an image and a backup begin where they are taken. */
const beginsAt = (fault: Fault): number => ('takenAtMs' in fault ? fault.takenAtMs : fault.atMs)

export const playFault = (world: World, fault: Fault): void =>
  void world.scheduler.after(beginsAt(fault), `fault: ${fault.kind}`, () => (players[fault.kind] as Player<Fault['kind']>)(world, fault))
