/**
 * Pull-only feeds. An own loop rather than RxDB's replication plugin: it needs no second database for each feed's bookkeeping, it
 * parks a document instead of stopping at it, and a checkpoint is the hub's integer as it is. A lost poke costs at most `sweepMs`;
 * what came with one may stand for a pull (`feed-news.ts`).
 *
 * Items, prices and assortment change together at the hub. They are read until each was found unchanged after the last news of the
 * others: then what was read is how they were at one moment, and tills may see it (`feed-switch.ts`).
 */
import type { FeedNews } from '#sync/contract/down.ts'
import { feedEntrySchema, feedGroupOf, feedGroups, feedNames, feedNameSchema, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import type { StoreId } from '#sync/contract/vocabulary.ts'
import { LinkLost, type Clock, type Codec } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import { coalesce } from './coalesce.ts'
import { createHeardNews, type Heard } from './feed-news.ts'
import { sortFeedPage } from './feed-page.ts'
import { createFeedReader, type FeedAnswer, type ReadSoFar } from './feed-reader.ts'
import { createFeedSwitch } from './feed-switch.ts'
import { createFeedWriter, type Written } from './feed-writer.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

const sweepMs = 120_000
/** When the hub changes the catalogue faster than it can be read, tills see the end of the last round rather than nothing for ever. */
const mostRounds = 20

const isCatalogue = (feed: FeedName): boolean => feed === 'items' || feed === 'prices' || feed === 'assortment'

export interface FeedsPorts {
  store: Store
  catalogue: CatalogueKeeper
  line: Pick<HubLine, 'request' | 'speaks' | 'state' | 'epoch' | 'refuse'>
  codec: Codec
  storeId: StoreId
  clock: Clock
  log: EngineLog
  /** Which of these may be pulled now, the most urgent first; asked before each page. Without it all of them, in their own order. */
  turns?(feeds: readonly FeedName[]): Promise<FeedName[]>
  /** `touched`: ids of items whose sale or price may differ. */
  onChanged(touched: readonly string[]): void
  /** Feeds of one group were read to their end, and are shown. */
  onCaughtUp(): void
}

export interface Feeds {
  /** Finishes what a crash interrupted; before anything is shown. */
  begin(): Promise<void>
  /** Reads these feeds to their end. */
  pull(feeds?: readonly FeedName[]): Promise<void>
  /** A feed has something new. Its news stand for the pull where they are what comes next; otherwise it is read to its end. */
  poked(feed: FeedName, news?: FeedNews): Promise<void>
  /** Entries that were read again, whatever the feed's position: taken between two rounds, unless the store has newer versions by then. */
  give(feed: FeedName, entries: readonly FeedEntry[]): Promise<void>
  /** Gives parked documents another chance: a newer agent may understand them. */
  retryParked(): Promise<void>
  close(): Promise<void>
}

/** The hub cannot serve just now, or the line is refused: what is due stays due. */
class FeedsInterrupted extends Error {}
/** What was begun goes on later where it stopped: another group's turn has come, or (`held`) its class may not travel just now. */
class TurnOver extends Error {
  readonly held: boolean
  constructor(held: boolean) {
    super('another turn')
    this.held = held
  }
}

export const createFeeds = (ports: FeedsPorts): Feeds => {
  const { store, line, clock, log, onChanged, onCaughtUp } = ports
  const read = createFeedReader(ports)
  const writer = createFeedWriter(ports)
  const { finish, ...shown } = createFeedSwitch(store, writer)
  const heard = createHeardNews(ports)
  const due = new Set<FeedName>()
  /** Of those that are due: the hub is asked, whatever was heard. */
  const asking = new Set<FeedName>()
  const given: { feed: FeedName; entries: readonly FeedEntry[] }[] = []
  let closed = false

  const mustRead = (feeds: readonly FeedName[]): void => {
    for (const feed of feeds) {
      due.add(feed)
      asking.add(feed)
    }
  }
  /** `unseen`: of a catalogue that is not whole yet. */
  const show = (written: readonly Written[], unseen = false): void => {
    const touched = writer.show(written)
    if (!unseen && written.some(({ docs, removed }) => docs.length + removed.length > 0)) onChanged(touched)
  }
  const turnsOf = (feeds: Iterable<FeedName>): Promise<FeedName[]> => {
    const asked = new Set(feeds)
    const wanted = feedGroups.flat().filter((feed) => asked.has(feed))
    return ports.turns ? ports.turns(wanted) : Promise.resolve(wanted)
  }
  const readInTurn = async (feed: FeedName, soFar: ReadSoFar, news: FeedAnswer | null): Promise<FeedAnswer> => {
    const others = [...due].filter((each) => feedGroupOf(each) !== feedGroupOf(feed))
    const turns = await turnsOf([feed, ...others])
    if (turns[0] !== feed) throw new TurnOver(!turns.includes(feed))
    return news ?? read(feed, soFar)
  }
  const interrupt = (feed: FeedName, answer: Extract<FeedAnswer, { outcome: 'wait' | 'wrong' }>): never => {
    const { code, message } = answer
    log('warn', 'the hub refused a feed, or gave a wrong one', { feed, code, message })
    if (answer.outcome === 'wrong') line.refuse(code, message)
    throw new FeedsInterrupted(message)
  }
  /** The next page is asked for while one is written. Tells whether anything came, and what was heard, where the hub was not asked. */
  const readToEnd = async (feed: FeedName, isWhole: boolean, mayHear: boolean): Promise<{ news: boolean; told: Heard | null }> => {
    let reading = await shown.reading(feed)
    let news = false
    const told = mayHear && !reading.anew ? heard.take(feed, reading) : null
    const ask = (soFar: ReadSoFar, known: FeedAnswer | null = null): Promise<FeedAnswer> => {
      const asked = readInTurn(feed, soFar, known)
      // Whether anybody still waits for it is not known yet.
      asked.catch(() => undefined)
      return asked
    }
    let next = ask(reading, told?.answer)
    while (!closed) {
      const answer = await next
      if (answer.outcome === 'wait' || answer.outcome === 'wrong') return interrupt(feed, answer)
      if (answer.outcome === 'begin-anew') {
        log('warn', 'reading a feed anew', { feed, reason: answer.reason })
        reading = await shown.beginAnew(feed, answer.epoch)
        next = ask(reading)
        continue
      }
      const { checkpoint, epoch = reading.epoch } = answer
      const more = answer.more && checkpoint > reading.after
      if (more) next = ask({ after: checkpoint, epoch })
      const written = await shown.keep(feed, reading, { ...answer, more }, !isWhole && !reading.anew)
      if (written) show([written], isCatalogue(feed))
      news ||= answer.entries.length > 0 || (reading.anew && reading.after === 0)
      reading = { ...reading, after: checkpoint, epoch }
      if (!more) break
    }
    return { news, told }
  }
  const isAllBeside = async (group: readonly FeedName[], feed: FeedName, { answer, beside }: Heard): Promise<boolean> => {
    if (answer.outcome !== 'page') return false
    for (const other of group.filter((each) => each !== feed)) {
      const { after, epoch, anew } = await shown.reading(other)
      const there = beside.find((each) => each.feed === other)?.checkpoint
      if (anew || there !== after || epoch !== answer.epoch) return false
    }
    return true
  }
  /** Whoever was read before the last news of another is read again, until there is none; those together, as they are mostly unchanged. */
  const readRounds = async (group: readonly FeedName[], isWhole: boolean): Promise<void> => {
    const readAt = new Map<FeedName, number>()
    const newsAt = new Map<FeedName, number>()
    let turn = 0
    const readOne = async (feed: FeedName, mayHear: boolean): Promise<void> => {
      due.delete(feed)
      const mustAsk = asking.delete(feed)
      const startedAt = (turn += 1)
      const { news, told } = await readToEnd(feed, isWhole, mayHear && !mustAsk)
      if (news) newsAt.set(feed, (turn += 1))
      // Not the end: of two that were read side by side, either may have been asked before the other's news.
      if (!told) readAt.set(feed, startedAt)
      // What was only heard was true at some time before. It proves something about the others where they stood then as they do here.
      else if (await isAllBeside(group, feed, told)) for (const each of group) readAt.set(each, turn)
    }
    for (const feed of group.filter((each) => due.has(each))) await readOne(feed, true)
    for (let round = 1; !closed; round++) {
      const behind = group.filter((feed) => group.some((other) => other !== feed && (newsAt.get(other) ?? 0) > (readAt.get(feed) ?? 0)))
      if (behind.length === 0) return
      if (round === mostRounds) return log('warn', 'the catalogue changes faster than it can be read', { rounds: round })
      const settled = await Promise.allSettled(behind.map((feed) => readOne(feed, false)))
      for (const each of settled) if (each.status === 'rejected') throw each.reason
    }
  }
  const markWhole = async (group: readonly FeedName[]): Promise<void> => {
    for (const feed of group) {
      const position = await store.positions.feed(feed)
      if (!position.complete) await store.positions.putFeed(feed, { ...position, complete: true })
    }
  }
  const isAllComplete = async (group: readonly FeedName[]): Promise<boolean> =>
    (await Promise.all(group.map((feed) => store.positions.feed(feed)))).every((position) => position.complete)

  const pullGroup = async (group: readonly FeedName[]): Promise<void> => {
    show(await finish())
    const whole = await isAllComplete(group)
    // What was kept before an interruption is shown when all of the group are read again; so is a catalogue that is not whole.
    const kept = await Promise.all(group.map((feed) => store.staging.ends(feed)))
    if (!whole || kept.some((ends) => ends.length > 0)) mustRead(group)
    await readRounds(group, whole && group.length > 1)
    if (closed) return
    show(await shown.cut(group))
    if (!whole) await markWhole(group)
    onCaughtUp()
  }
  const takeGiven = async (): Promise<void> => {
    for (let next = given.shift(); next && !closed; next = given.shift()) {
      const stored = new Map((await store.feeds[next.feed].of(next.entries.map(({ id }) => id))).map((doc) => [doc.id, doc.checkpoint]))
      const entries = next.entries.filter(({ id, checkpoint }) => checkpoint >= (stored.get(id) ?? 0))
      show([await writer.write(next.feed, entries)])
    }
  }
  const pullDue = async (): Promise<void> => {
    await takeGiven()
    const held = new Set<FeedName>()
    while (!closed && line.state().state === 'online') {
      const [first] = await turnsOf([...due].filter((feed) => !held.has(feed)))
      // What has to wait is asked for when it may travel: the forecast counts it as behind until a page says otherwise.
      if (first === undefined) return mustRead([...due])
      const group = feedGroupOf(first)
      const wanted = group.filter((feed) => due.has(feed))
      try {
        await pullGroup(group)
      } catch (error) {
        mustRead(wanted)
        await shown.settle()
        if (error instanceof TurnOver) {
          if (error.held) for (const feed of group) held.add(feed)
          continue
        }
        if (error instanceof LinkLost || (error instanceof FeedsInterrupted && line.state().state !== 'online')) return
        throw error
      }
    }
  }
  const pulling = coalesce(clock, pullDue, (error) => log('warn', 'a feed could not be read; trying again', { reason: reasonOf(error) }))
  const pull = (feeds: readonly FeedName[] = feedNames): Promise<void> => {
    mustRead(feeds)
    return pulling.run()
  }
  const poked: Feeds['poked'] = (feed, news) => {
    due.add(feed)
    if (news) heard.put(feed, news)
    else asking.add(feed)
    return pulling.run()
  }
  const give: Feeds['give'] = (feed, entries) => {
    given.push({ feed, entries })
    return pulling.run()
  }
  const retryParked = async (): Promise<void> => {
    for (const { id, text } of await store.parked.all()) {
      const feed = feedNameSchema.safeParse(id.split(':')[1])
      const entry = feedEntrySchema.safeParse(JSON.parse(text))
      if (!id.startsWith('feed:') || !feed.success || !entry.success) continue
      if (sortFeedPage(feed.data, [entry.data], 0).parked.length > 0) continue
      const [stored] = await store.feeds[feed.data].of([entry.data.id])
      if (stored && stored.checkpoint >= entry.data.checkpoint) await store.parked.remove([id])
      else show([await writer.write(feed.data, [entry.data])])
    }
  }
  let cancelSweep = (): void => undefined
  const sweep = (): void => {
    cancelSweep = clock.after(sweepMs, () => {
      void pull()
      sweep()
    })
  }
  sweep()
  return {
    begin: async () => show(await finish()),
    pull,
    poked,
    give,
    retryParked,
    close: async () => {
      closed = true
      cancelSweep()
      await pulling.close()
      await shown.settle()
    },
  }
}
