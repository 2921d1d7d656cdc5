/** Publishes the manager's view at most every `intervalMs` (`rebuildIntervalMs`), after something in it may have changed. */
import { feedDocumentSchemas } from '#sync/contract/feed.ts'
import type { Identity } from '#sync/contract/config.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import type { LinkState } from '#sync/core/link-state.ts'
import { buildManagerView, ofNewestDay } from '#sync/core/manager-view.ts'
import type { Clock, ViewSink } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { Tally } from '#sync/store/schemas.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import { coalesce } from './coalesce.ts'
import { reasonOf, type EngineLog } from './log.ts'
import type { RecentRecords } from './recent-records.ts'
import { tallyBefore } from './record-docs.ts'

const intervalMs = 400
/** A view costs the database a few hundred look-ups; while it is being filled they would hold up the filling. */
const rebuildIntervalMs = 1_000

export interface ViewPorts {
  store: Store
  view: ViewSink
  clock: Clock
  log: EngineLog
  identity: Identity
  incarnation: string
  catalogue: CatalogueKeeper
  recent: RecentRecords
  link(): LinkState
  ackedSeq(): number
  headSeq(): number
  tally(): Tally
  rebuild(): ManagerView['rebuild']
  sync(): ManagerView['sync']
}

export interface ViewPublisher {
  changed(): void
  close(): Promise<void>
}

export const createViewPublisher = (ports: ViewPorts): ViewPublisher => {
  const { store, clock, incarnation, recent } = ports
  let cancelTimer: (() => void) | null = null
  let publishedAtMs = -rebuildIntervalMs

  const postingsOf = async (keys: readonly string[]) => {
    const docs = await store.feeds.postings.of(keys)
    return new Map(docs.map((d) => [d.id, feedDocumentSchemas.postings.parse(d.document)]))
  }
  const publish = async (): Promise<void> => {
    publishedAtMs = clock.nowMs()
    const ackedSeq = ports.ackedSeq()
    const headSeq = ports.headSeq()
    const tally = ports.tally()
    const transactions = ofNewestDay(recent.transactions)
    const ownPrices = ports.catalogue.ownPrices()
    const [[oldest], acked, oldestPending, verdicts, postings, posted, held] = await Promise.all([
      store.records.oldest(incarnation, 1),
      store.records.one(incarnation, Math.min(ackedSeq, headSeq)),
      ackedSeq < headSeq ? store.records.one(incarnation, ackedSeq + 1) : null,
      store.verdicts.of(incarnation, [...transactions.map((t) => t.record.seq), ...ownPrices.map((own) => own.seq)]),
      postingsOf(transactions.map((t) => naturalKeyOf(t.transaction))),
      store.feeds.postings.countOfState('posted'),
      store.feeds.postings.countOfState('held'),
    ])
    const notKept = oldest ? tallyBefore(oldest) : tally
    const counts = {
      captured: tally.transactions - notKept.transactions,
      atHub: (acked?.tally ?? notKept).transactions - notKept.transactions,
      quarantined: tally.quarantined - notKept.quarantined,
      ...{ posted, held },
    }
    const view = buildManagerView({
      nowMs: clock.nowMs(),
      identity: ports.identity,
      settings: ports.catalogue.settings,
      link: ports.link(),
      rebuild: ports.rebuild(),
      sync: ports.sync(),
      ackedSeq,
      headSeq,
      oldestPending: oldestPending?.record,
      counts,
      transactions,
      verdicts,
      postings,
      prices: ports.catalogue.newestPrices(),
      ownPrices,
      quarantine: recent.quarantine,
    })
    await ports.view.publish(view)
  }
  const publishing = coalesce(clock, publish, (error) =>
    ports.log('warn', 'the view could not be published; trying again', { reason: reasonOf(error) }),
  )
  const changed = (): void => {
    if (cancelTimer) return
    const betweenMs = ports.rebuild() ? rebuildIntervalMs : intervalMs
    const waitMs = Math.max(0, Math.min(betweenMs, publishedAtMs + betweenMs - clock.nowMs()))
    cancelTimer = clock.after(waitMs, () => {
      cancelTimer = null
      void publishing.run()
    })
  }
  const close = async (): Promise<void> => {
    cancelTimer?.()
    cancelTimer = () => undefined
    await publishing.close()
  }
  return { changed, close }
}
