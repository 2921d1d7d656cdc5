/** One store in Node: the real engine on memory storage, a journal in memory, a scripted hub and a clock that the test moves. */
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { identitySchema } from '#sync/contract/config.ts'
import type { ProbeAnswer } from '#sync/contract/health.ts'
import { managerViewSchema, pluPublicationSchema, type ManagerView, type PluPublication, type Reincarnation } from '#sync/contract/ipc.ts'
import type { Link } from '#sync/core/ports.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import { openStore, type AnyStorage, type Store } from '#sync/store/open-store.ts'
import { MemoryAgent } from './memory-agent.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { promptCodec } from './prompt-codec.ts'
import { deviceId, MemoryJournal } from './records.ts'
import { ScriptedHub } from './scripted-hub.ts'
import { VirtualClock } from './virtual-clock.ts'

export const identity = identitySchema.parse({ deviceId, storeId: 'S1', storeName: 'Harbour', currency: 'EUR', timeZone: 'Europe/Berlin' })

let rigs = 0

export class StoreRig {
  journal = new MemoryJournal()
  readonly keeper = new MemoryKeeper(() => this.journal)
  readonly agent = new MemoryAgent(() => this.journal)
  readonly hub = new ScriptedHub()
  readonly clock = new VirtualClock('2026-03-02T10:00:00.000Z')
  storage: AnyStorage = getRxStorageMemory()
  readonly views: ManagerView[] = []
  readonly plu: PluPublication[] = []
  readonly logged: string[] = []
  /** Protocols agreed upon, one a welcome. */
  readonly spoken: number[] = []
  /** Reasons for which a new incarnation was asked for, and the answer to each. */
  readonly reincarnations: string[] = []
  reincarnation: Reincarnation = { outcome: 'refused', message: 'as told' }
  /** The line to the hub; another one stands between. */
  link: Link = this.hub.link
  /** Publications that main fails to take. */
  pluFailures = 0
  engine!: Engine
  #databaseName: string

  /** Who answers at the hub's address. */
  probe: ProbeAnswer = 'nothing'
  probes = 0
  /** How far the hub's clock is ahead of the store's. */
  hubAheadMs = 0

  constructor() {
    this.#databaseName = this.#freshName()
    this.hub.nowMs = () => this.clock.nowMs() + this.hubAheadMs
  }

  #freshName(): string {
    rigs += 1
    return `rig${process.pid}x${rigs}`
  }

  async start(): Promise<Engine> {
    this.engine = await startEngine({
      journal: this.journal,
      keeper: this.keeper,
      agent: this.agent,
      signer: { sign: (text) => Promise.resolve(`signed-${text.length}`) },
      clock: this.clock,
      random: () => 0.5,
      link: this.link,
      codec: promptCodec,
      probe: () => {
        this.probes += 1
        return Promise.resolve(this.probe)
      },
      storage: this.storage,
      name: this.#databaseName,
      configuration: { identity, agentVersion: '0.1.0' },
      plu: {
        publish: (publication) => {
          if (this.pluFailures > 0) {
            this.pluFailures -= 1
            return Promise.reject(new Error('main is away'))
          }
          this.plu.push(pluPublicationSchema.parse(JSON.parse(JSON.stringify(publication))))
          return Promise.resolve()
        },
      },
      view: {
        publish: (view) => {
          this.views.push(managerViewSchema.parse(view))
          return Promise.resolve()
        },
      },
      hubSpeaks: (protocolVersion) => void this.spoken.push(protocolVersion),
      reincarnate: (_incarnation, reason) => {
        this.reincarnations.push(reason)
        return Promise.resolve(this.reincarnation)
      },
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
    })
    return this.engine
  }

  /** For what starts slowly: the clock goes on while it does. */
  async startBehindClock(): Promise<Engine> {
    let started = false
    const starting = this.start().then((engine) => ((started = true), engine))
    await this.clock.until(() => started, 'the start')
    return starting
  }

  /** Stops the engine and starts it again on the same local database, or on an empty one. */
  async restart({ wiped = false } = {}): Promise<Engine> {
    await this.engine.close()
    if (wiped) this.#databaseName = this.#freshName()
    return this.start()
  }

  /** The local database by itself, while no engine has it. */
  async withStore<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStore({ storage: getRxStorageMemory(), name: this.#databaseName })
    try {
      return await look(store)
    } finally {
      await store.close()
    }
  }

  /** Closes the engine for a look at what it left. */
  async withEngineClosed<T>(look: (store: Store) => Promise<T>): Promise<T> {
    await this.engine.close()
    return this.withStore(look)
  }

  async untilAcked(seq = this.journal.records.length): Promise<void> {
    await this.clock.until(() => this.engine.status().ackedSeq === seq, `acknowledgement of ${seq}`)
  }

  async untilView(holds: (view: ManagerView) => boolean, what = 'the view'): Promise<ManagerView> {
    await this.clock.until(() => {
      const last = this.views.at(-1)
      return last !== undefined && holds(last)
    }, what)
    return this.views.at(-1) as ManagerView
  }

  hubSeqs(): number[] {
    return this.hub.log.map((r) => r.seq)
  }
}
