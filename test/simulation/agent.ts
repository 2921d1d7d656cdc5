/**
 * A store's agent on a computer: main (journal, quarantine, capture, the books of the days) and its engine window, each a life of its
 * own. The shell's part is played as main/agent-lifecycle.ts and main/engine-supervisor.ts play it: what fails is started again.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { silentLog } from '#main/agent-log.ts'
import { type Capture, openCapture, type TakeResult } from '#main/capture.ts'
import { startKeeper, type Keeper } from '#main/completeness/keeper.ts'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { createRecordIndex } from '#main/record-index.ts'
import { startRetention } from '#main/retention.ts'
import { createStockDocuments, type StockDocuments } from '#main/stock-documents.ts'
import { stockDocumentSchema } from '#sync/contract/stock-document.ts'
import { openDocument } from '#sync/capture/dialects.ts'
import type { Identity } from '#sync/contract/config.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import type { Link } from '#sync/core/ports.ts'
import { promptCodec } from '#test/engine/prompt-codec.ts'
import type { Chance } from './chance.ts'
import { type Computer, gatedDisk } from './computer.ts'
import { startLife, type Life } from './life.ts'
import { openMemoryStore } from './memory-store.ts'
import type { Scheduler } from './scheduler.ts'
import type { Tally } from './tally.ts'

/** One key for every device: PKCS#8 of a seed of 32 zeros. */
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32)]),
  format: 'der',
  type: 'pkcs8',
})
export const devicePublicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64url')
const signText = (text: string): string => sign(null, Buffer.from(text), privateKey).toString('base64url')

export interface Agent {
  readonly name: string
  readonly identity: Identity
  readonly computer: Computer
  isRunning(): boolean
  /** Perhaps not yet running. */
  isStarted(): boolean
  journal(): Journal | null
  keeper(): Keeper | null
  engine(): Engine | null
  /** What a till posts. Rejects while capture does not run; never settles when the agent dies meanwhile. */
  take(text: string): Promise<TakeResult[]>
  /** What a stock clerk posts, as `take`. */
  takeStock(text: string): Promise<{ outcome: 'captured' | 'duplicate' | 'conflict'; recordId: string }[]>
  start(): void
  kill(): void
  killEngine(): void
  /** Reasons for which the journal began another life, and those for which it did not. */
  readonly renewals: string[]
}

export interface AgentParts {
  name: string
  computer: Computer
  identity: Identity
  scheduler: Scheduler
  chance: Chance
  tally: Tally
  link(life: Life): Link
  /** What the engine tells the journal. */
  onAcknowledged(incarnation: string, seq: number): void
}

const graceMs = 60_000
const restartMs = 3_000

export const createAgent = ({ name, computer, identity, scheduler, chance, tally, link, onAcknowledged }: AgentParts): Agent => {
  let life: Life | null = null
  let engineLife: Life | null = null
  let lives = 0
  let main: { journal: Journal; capture: Capture; stock: StockDocuments; keeper: Keeper } | null = null
  let engine: Engine | null = null
  const renewals: string[] = []
  const wallMs = (): number => computer.wallMs

  const startMain = async (mine: Life): Promise<void> => {
    const nowIso = (): string => new Date(scheduler.nowMs() + computer.wallMs).toISOString()
    const disk = gatedDisk(computer.disk, mine)
    const keys = createRecordIndex()
    const journal = await openJournal({
      ...{ dir: '/journal', deviceId: identity.deviceId, disk, random: chance.next, nowIso, segmentBytes: 20_000 },
      lock: async () => async () => undefined,
      visitor: keys,
    })
    if (journal.recovery.kind !== 'none') tally.count(`journal opened: ${journal.recovery.kind}`)
    const index = keys.over(journal)
    const quarantine = await openQuarantine('/quarantine', disk)
    const capture = await openCapture({ journal, quarantine, identity, index })
    const steady = mine.clock(() => 0)
    startRetention({
      ...{ journal, retention: { days: 1, maxBytes: 5_000_000 }, doneDir: undefined, clock: mine.clock(wallMs), log: silentLog },
      isTight: () => false,
    })
    const keeper = startKeeper({
      ...{ journal, identity, graceMs, clock: steady, state: { set: () => undefined }, log: silentLog, nowIso },
      signer: { publicKey: devicePublicKey, sign: signText },
    })
    main = { journal, capture, stock: createStockDocuments({ journal, index }), keeper }
    openEngine(mine)
  }

  /** Calls from window to window take their time, and end with the one that made them. */
  const openEngine = (mine: Life): void => {
    if (!main || !mine.isAlive()) return
    const { journal } = main
    lives += 1
    const window = startLife(`${name} engine ${lives}`, scheduler, chance, mine)
    engineLife = window
    engine = null
    const ask = <T>(what: string, work: () => T | Promise<T>): Promise<T> => window.gate(what, work)
    const restartEngine = (): void => {
      if (engineLife !== window) return
      window.kill()
      mine.after(200, 'opens the engine again', () => openEngine(mine))
    }
    const store = openMemoryStore(computer.tables, {
      run: (what, work) => window.gate(what, work, 8),
      mayWrite: () => {
        if (!computer.isLocalFull) return
        tally.count('local database refused a write')
        throw new Error('QuotaExceededError')
      },
    })
    startEngine({
      journal: {
        head: () => ask('asks for the head', () => journal.head()),
        read: (after, limit) => ask('reads the journal', () => journal.read(after, limit)),
        onAppended: (callback) => journal.onAppended((seq) => void window.after(1, 'hears of a record', () => callback(seq))),
      },
      keeper: {
        acknowledged: (incarnation, seq) =>
          ask('tells the watermark', () => {
            onAcknowledged(incarnation, seq)
            journal.acknowledge(incarnation, seq)
          }),
        missing: () => ask('asks what is missing', () => journal.missing()),
        restore: (_source, records) => ask('gives records back', () => journal.restore(records)),
      },
      signer: { sign: (text) => ask('signs', () => signText(text)) },
      clock: window.clock(wallMs),
      random: chance.next,
      link: link(window),
      codec: promptCodec,
      storage: async () => store,
      configuration: { identity, agentVersion: '1.0.0' },
      plu: { publish: () => ask('publishes prices', () => undefined) },
      view: { publish: async () => undefined },
      log: (level, message, fields) => {
        if (level !== 'info') scheduler.note(`${name}: ${message} ${JSON.stringify(fields ?? {})}`)
      },
      reincarnate: async (incarnation, reason) => {
        const renewal = await ask('asks for a new life', () => journal.renew(incarnation, reason))
        renewals.push(`${renewal.outcome}: ${reason}`)
        if (renewal.outcome === 'refused') return renewal
        tally.count('journal began a new life')
        mine.after(1, 'opens the engine again', restartEngine)
        return { outcome: 'begun', incarnation: journal.incarnation }
      },
    }).then(
      (started) => void (engine = started),
      (error: unknown) => {
        scheduler.note(`${name}: the engine did not start: ${String(error)}`)
        mine.after(1_000, 'starts the engine again', restartEngine)
      },
    )
  }

  const start = (): void => {
    lives += 1
    main = null
    engine = null
    const mine = startLife(`${name} ${lives}`, scheduler, chance)
    life = mine
    startMain(mine).catch((error: unknown) => {
      scheduler.note(`${name} does not start: ${String(error)}`)
      mine.after(restartMs, 'tries again', () => {
        mine.kill()
        start()
      })
    })
  }
  const isRunning = (): boolean => life?.isAlive() === true && main !== null
  return {
    ...{ name, identity, computer, renewals, start, isRunning },
    isStarted: () => life?.isAlive() === true,
    journal: () => (isRunning() ? (main?.journal ?? null) : null),
    keeper: () => (isRunning() ? (main?.keeper ?? null) : null),
    engine: () => (isRunning() && engineLife?.isAlive() ? engine : null),
    take: async (text) => {
      if (!main || !life?.isAlive()) throw new Error('capture does not run')
      const mine = life
      const document = openDocument(main.capture.hints())
      const items = [...document.write(text), ...document.end()]
      const results = await main.capture.takeItems(items, { source: 'http', bytes: new TextEncoder().encode(text), tap: 'http' })
      return mine.gate('answers the till', () => results)
    },
    takeStock: async (text) => {
      if (!main || !life?.isAlive()) throw new Error('capture does not run')
      const mine = life
      const result = await main.stock.take(stockDocumentSchema.parse(JSON.parse(text)))
      if (result.outcome === 'too-large') throw new Error('a clerk’s paper is not that large')
      return mine.gate('answers the clerk', () => [result])
    },
    kill: () => {
      engineLife?.kill()
      life?.kill()
    },
    killEngine: () => {
      const mine = life
      if (!engineLife?.isAlive() || !mine) return
      engineLife.kill()
      mine.after(1_000, 'opens the engine again', () => openEngine(mine))
    },
  }
}
