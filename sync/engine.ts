/**
 * Composition root of the store side: journal → RxDB → outbox → hub, and hub → feeds → RxDB → PLU list, look-ups and view.
 * It works with no hub at all; whatever fails is tried again, and the journal is never waited for by a till.
 */
import { feedNames } from './contract/feed.ts'
import type { Identity } from './contract/config.ts'
import type { ManagerView, PluEntry } from './contract/ipc.ts'
import { protocol } from './contract/protocol.ts'
import { isDrifting, priceTimeMs, type HubOffset } from './core/hub-clock.ts'
import { toInstant } from './core/instant.ts'
import type { LinkState } from './core/link-state.ts'
import type { OutboxEvent } from './core/outbox.ts'
import type {
  AgentSide,
  Clock,
  Codec,
  ItemLookup,
  JournalKeeper,
  JournalSource,
  Link,
  PluSink,
  PriceBasisLookup,
  Probe,
  Random,
  Signer,
  ViewSink,
} from './core/ports.ts'
import { createAcknowledgementReport } from './engine/acknowledgement-report.ts'
import { CatalogueKeeper } from './engine/catalogue-keeper.ts'
import { createFeeds } from './engine/feeds.ts'
import { watchForeignHistory, type Reincarnate } from './engine/foreign-history.ts'
import { createHubLine, type Welcome } from './engine/hub-line.ts'
import { createIngest } from './engine/ingest.ts'
import { divergenceOf, journalHashAt, prunedSeqOf, type HashAt } from './engine/journal-reach.ts'
import { reasonOf, type EngineLog } from './engine/log.ts'
import type { DiagnosticsAnswer, DiagnosticsSent } from './engine/diagnostics.ts'
import { createOversight } from './engine/oversight.ts'
import { createOutboxRunner } from './engine/outbox-runner.ts'
import { createPriceSchedule } from './engine/price-schedule.ts'
import { createPruning } from './engine/pruning.ts'
import { RecentRecords } from './engine/recent-records.ts'
import { createRecovery } from './engine/recovery.ts'
import { watchForSleep } from './engine/sleep-watch.ts'
import { createTraffic } from './engine/traffic.ts'
import { createViewPublisher } from './engine/view-publisher.ts'
import { streamCodec } from './link/codec.ts'
import { openStore, type AnyStorage, type Store } from './store/open-store.ts'

export interface EngineParts {
  journal: JournalSource
  /** Without it nothing is reported to the journal, and nothing comes back to it. */
  keeper?: JournalKeeper
  /** Without it nothing is reported to the hub or compared with it. */
  agent?: AgentSide
  signer: Signer
  clock: Clock
  random: Random
  link: Link
  /** Tells a sign-in page and a proxy from a hub that is away; without it, nothing answers. */
  probe?: Probe
  /** Of packed messages; what Node and browsers have alike when not given. */
  codec?: Codec
  /** Where the local database is: an RxDB storage, or whoever opens the same shelves elsewhere. */
  storage: AnyStorage | (() => Promise<Store>)
  /** Of the local database; for tests. */
  name?: string
  configuration: { identity: Identity; agentVersion: string }
  plu: PluSink
  view: ViewSink
  /** Hears the protocol that was agreed upon with the hub, at each welcome. */
  hubSpeaks?: (protocolVersion: number) => void
  log: EngineLog
  /** Asks for a new incarnation of the journal. Once it has begun, whoever started this engine closes it and starts another. */
  reincarnate?: Reincarnate
}

export interface EngineStatus {
  link: LinkState
  incarnation: string
  /** Copied from the journal so far. */
  headSeq: number
  ackedSeq: number
  /** The store's clock against the hub's, once it was measured. */
  clock: HubOffset | null
}

export interface Engine extends ItemLookup, PriceBasisLookup {
  /** Connects at once if the line is down, and asks every feed. */
  syncNow(): Promise<void>
  /** The computer woke up: the hub is asked at once, whatever the line seems to be. */
  resumed(): void
  status(): EngineStatus
  /** The manager's answer to the hub's request for a support bundle. */
  sendDiagnostics(answer: DiagnosticsAnswer): Promise<DiagnosticsSent>
  /** Sets aside a message that the link did not understand. */
  park(event: string, payload: unknown, reason: string): Promise<void>
  close(): Promise<void>
}

const parkedTextLimit = 100_000

const openLocal = ({ storage, name }: EngineParts): Promise<Store> =>
  typeof storage === 'function' ? storage() : openStore({ storage, ...(name === undefined ? {} : { name }) })

const isCatalogueWhole = async (store: Store): Promise<boolean> => {
  const positions = await Promise.all(feedNames.filter((f) => f !== 'settings' && f !== 'postings').map((f) => store.positions.feed(f)))
  return positions.every((p) => p.complete)
}

const warnOfStranded = async (store: Store, incarnation: string, log: EngineLog): Promise<void> => {
  for (const other of await store.records.otherIncarnations(incarnation)) {
    const ackedSeq = await store.positions.ackedSeq(other.incarnation)
    if (ackedSeq < other.headSeq) log('warn', 'records of a former journal never reached the hub', { ...other, ackedSeq })
  }
}

const welcomedBy = (connection: number, welcome: Welcome, at: HashAt): Extract<OutboxEvent, { kind: 'welcomed' }> => ({
  ...{ kind: 'welcomed', connection, hubAckedSeq: welcome.ackedSeq, hubHash: welcome.headHash },
  ...{ localHash: at.reach === 'known' ? at.hash : null, pruned: at.reach === 'pruned' },
  ...(welcome.epoch === undefined ? {} : { epoch: welcome.epoch }),
  ...(welcome.credit === undefined ? {} : { credit: welcome.credit }),
})

type SyncView = NonNullable<ManagerView['sync']>

/** What traffic shows, with what the hub's clock and the last comparison say. */
const syncView = (traffic: SyncView, offset: HubOffset | null, compared: SyncView['compared']): SyncView => ({
  ...traffic,
  ...(offset ? { clock: { offsetMs: offset.offsetMs, drifting: isDrifting(offset) } } : {}),
  ...(compared ? { compared } : {}),
})

export const startEngine = async (parts: EngineParts): Promise<Engine> => {
  const { journal, keeper, clock, log } = parts
  const { identity } = parts.configuration
  const { incarnation } = await journal.head()
  const prunedSeq = await prunedSeqOf(journal)
  const store = await openLocal(parts)
  const last = await store.records.last(incarnation)
  const divergence = await divergenceOf(journal, last, prunedSeq)
  const catalogue = new CatalogueKeeper()
  await catalogue.load(store)
  await catalogue.loadOverrides(store, incarnation)
  const learnEpoch = async (): Promise<string[]> => catalogue.setEpoch((await store.positions.feed('prices')).epoch)
  await learnEpoch()
  const recent = new RecentRecords()
  await recent.load(store, incarnation, last?.record.seq ?? 0)
  const watermark = await store.positions.watermark(incarnation)
  const ackedSeq = Math.max(prunedSeq, watermark.ackedSeq)
  await warnOfStranded(store, incarnation, log)

  /** The hub lost what it had acknowledged, and has not said how much: the journal must give up nothing meanwhile. */
  let fallenBack = false
  const foreignHistory = watchForeignHistory(incarnation, parts.reincarnate, log)
  const ingest = createIngest({
    ...{ journal, store, clock, log, incarnation, last, prunedSeq },
    onIngested: (docs) => {
      recent.add(docs)
      schedule.touch(docs.flatMap(({ kind, record }) => (kind === 'price-override' ? catalogue.overrides.add(record) : [])))
      outbox.dispatch({ kind: 'appended', headSeq: ingest.headSeq() })
      view.changed()
    },
    onPruned: (seq) => outbox.dispatch({ kind: 'pruned', prunedSeq: seq }),
  })
  const traffic = await createTraffic({
    ...{ link: parts.link, store, clock, log, identity, catalogue, ackedSeq: () => outbox.ackedSeq(), headSeq: () => ingest.headSeq() },
    ...{ isOnline: () => line.state().state === 'online', onOpened: () => void feeds.pull([]), onChange: () => view.changed() },
  })
  const line = createHubLine({
    ...{ link: traffic.link, signer: parts.signer, random: parts.random, clock, log, identity, incarnation },
    ...(parts.probe ? { probe: parts.probe } : {}),
    agentVersion: parts.configuration.agentVersion,
    remembers: () => outbox.remembers(),
    onWelcome: (connection, welcome) => void resume(connection, welcome),
    onRefused: (code, message) => {
      foreignHistory.refused(code, message)
      if (code === 'HUB_FELL_BACK') setFallenBack(true)
    },
    onLost: () => outbox.dispatch({ kind: 'lost' }),
    onPoke: (feed, news) => void feeds.poked(feed, news),
    onCredit: (connection, credit) => outbox.credited(connection, credit),
    onAsk: (ask) => {
      if (ask.what === 'sync-now') void syncNow()
      else oversight?.asked(ask)
    },
    onChange: () => view.changed(),
  })
  const outbox = createOutboxRunner({
    ...{ store, incarnation, ackedSeq, line, log, clock },
    ...(watermark.epoch ? { epoch: watermark.epoch } : {}),
    headSeq: ingest.headSeq(),
    codec: parts.codec ?? streamCodec,
    recordsPerBatch: traffic.recordsPerMessage,
    onPersisted: () => {
      acknowledgements?.changed()
      view.changed()
    },
  })
  const acknowledgements =
    keeper && createAcknowledgementReport({ keeper, clock, log, incarnation, ackedSeq: () => (fallenBack ? 0 : outbox.ackedSeq()) })
  const setFallenBack = (is: boolean): void => {
    fallenBack = is
    acknowledgements?.changed()
  }
  const recovery = keeper && createRecovery({ keeper, records: store.records, line, clock, log, pageLimit: traffic.recordsPerMessage })
  const pruning = createPruning({
    ...{ journal, keeper, store, clock, log, incarnation },
    ackedSeq: outbox.ackedSeq,
    onPruned: () => view.changed(),
  })
  /** Prices begin by the store's clock, put right where it is known to be wrong. */
  const priceClock: Clock = {
    nowMs: () => priceTimeMs(clock.nowMs(), line.hubClock()),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  }
  const schedule = createPriceSchedule({
    catalogue: catalogue.index,
    plu: parts.plu,
    clock: priceClock,
    log,
    onPriceChange: () => view.changed(),
  })
  const feeds = createFeeds({
    ...{ store, catalogue, line, clock, log, codec: parts.codec ?? streamCodec, storeId: identity.storeId, turns: traffic.turns },
    onChanged: (touched) => {
      traffic.settingsChanged()
      schedule.touch(touched)
      view.changed()
    },
    onCaughtUp: () => {
      void whenCaughtUp().catch((error: unknown) => log('warn', 'the catalogue could not be checked', { reason: reasonOf(error) }))
    },
  })
  const oversight =
    parts.agent &&
    createOversight({
      ...{ agent: parts.agent, journal, store, feeds, line, clock, random: parts.random, log, incarnation },
      ...{ agentVersion: parts.configuration.agentVersion, settings: traffic.settings },
      ...{ headSeq: ingest.headSeq, ackedSeq: outbox.ackedSeq, quarantined: () => ingest.tally().quarantined },
      traffic: traffic.facts,
      onChanged: () => view.changed(),
    })
  const view = createViewPublisher({
    ...{ store, view: parts.view, clock, log, identity, incarnation, catalogue, recent },
    ...{ link: line.state, ackedSeq: outbox.ackedSeq, headSeq: ingest.headSeq, tally: ingest.tally, rebuild: ingest.rebuild },
    sync: () => syncView(traffic.view(), line.hubClock(), oversight?.compared()),
  })

  let isWhole = await isCatalogueWhole(store)
  const resumed = (): void => {
    log('info', 'this computer slept; the hub is asked at once')
    line.resumed()
  }
  const whenCaughtUp = async (): Promise<void> => {
    schedule.touch(await learnEpoch())
    await beginWhenWhole()
    await traffic.caughtUp()
  }
  const syncNow = (): Promise<void> => {
    traffic.syncNow()
    line.syncNow()
    void oversight?.compareDays()
    return feeds.pull()
  }
  const beginWhenWhole = async (): Promise<void> => {
    if (!(await isCatalogueWhole(store))) return
    catalogue.begin()
    schedule.begin()
    if (!isWhole) oversight?.catalogueLoaded()
    isWhole = true
  }
  const resume = async (connection: number, welcome: Welcome): Promise<void> => {
    if (divergence) return line.refuse('JOURNAL_BEHIND', divergence)
    try {
      const at = await journalHashAt(journal, welcome.ackedSeq)
      const known = outbox.remembers()
      if (known && welcome.epoch !== undefined && welcome.epoch !== known.epoch) {
        log('warn', 'the hub begins a new epoch; what it lacks is sent again, and its feeds are read anew', {
          ...known,
          now: welcome.epoch,
        })
      }
      if (!line.isCurrent(connection)) return
      outbox.dispatch(welcomedBy(connection, welcome, at))
      if (!line.isCurrent(connection)) return
      parts.hubSpeaks?.(Math.min(protocol.version, welcome.protocolVersion))
      setFallenBack(false)
      recovery?.welcomed()
      oversight?.welcomed()
      await feeds.pull()
    } catch (error) {
      if (line.isCurrent(connection)) line.lose(reasonOf(error))
    }
  }

  if (divergence) {
    log('error', divergence)
    foreignHistory.refused('JOURNAL_BEHIND', divergence)
  } else {
    ingest.start()
    acknowledgements?.start()
    pruning.start()
  }
  recovery?.start()
  await feeds.begin()
  await feeds.retryParked()
  await beginWhenWhole()
  line.start()
  const sleepWatch = watchForSleep(clock, () => resumed())
  view.changed()

  return {
    lookup: async (barcode): Promise<PluEntry | null> => catalogue.lookUp(barcode, toInstant(priceClock.nowMs())),
    basis: async (itemId, at) => catalogue.basisOf(itemId, toInstant(priceClock.nowMs()), at),
    syncNow,
    resumed,
    sendDiagnostics: (answer) => oversight?.sendDiagnostics(answer) ?? Promise.resolve({ outcome: 'not-sent' }),
    status: () => ({
      ...{ link: line.state(), incarnation, headSeq: ingest.headSeq(), ackedSeq: outbox.ackedSeq() },
      clock: line.hubClock(),
    }),
    park: async (event, payload, reason) => {
      log('warn', 'the hub said something not understood; it is set aside', { event, reason })
      const text = JSON.stringify({ event, payload }).slice(0, parkedTextLimit)
      await store.parked.putMessage({ text, reason, parkedAtMs: clock.nowMs() })
    },
    close: async () => {
      sleepWatch.close()
      line.close()
      await Promise.all([ingest.close(), feeds.close(), schedule.close(), view.close(), outbox.close(), pruning.close()])
      await Promise.all([acknowledgements?.close(), recovery?.close(), oversight?.close(), traffic.close()])
      await store.close()
    },
  }
}
