/**
 * Lets tills see what feeds brought, all of it at once or not yet [PRC6].
 *
 *   page ─▶ staged, apart from what tills see ─▶ ... ─▶ cut, one write ─▶ copied to the feeds' shelves ─▶ positions ─▶ memory
 *
 * Before the cut a dead agent comes back with what tills saw before; after it, it finishes copying before anybody looks. A change that
 * is one page of one feed and one write needs no staging: it waits in memory for the cut. So does nothing of a catalogue that is not
 * whole yet: it is written where it belongs, and nobody sees it.
 */
import { z } from 'zod'
import { feedEntrySchema, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { ReadPage } from './feed-reader.ts'
import type { FeedWriter, Written } from './feed-writer.ts'

/** How a feed is being read. */
export interface Reading {
  after: number
  epoch?: HubEpoch | undefined
  /** From its beginning, though the store has a whole one: what no page of it has is gone at the cut. */
  anew: boolean
}

type StoredPage = Pick<ReadPage, 'entries' | 'checkpoint' | 'epoch'>
interface HeldPage extends StoredPage {
  feed: FeedName
}

export interface FeedSwitch {
  reading(feed: FeedName): Promise<Reading>
  /** Drops what was read of it and not shown. */
  beginAnew(feed: FeedName, epoch: HubEpoch | undefined): Promise<Reading>
  /** `direct`: written where it belongs at once. */
  keep(feed: FeedName, reading: Reading, page: ReadPage, direct: boolean): Promise<Written | null>
  /** Everything kept of these feeds is shown from now on. */
  cut(feeds: readonly FeedName[]): Promise<Written[]>
  /** What a cut before a crash did not finish. */
  finish(): Promise<Written[]>
  /** Forgets what only memory holds: it is read again. */
  drop(): Promise<void>
}

const entriesSchema = z.array(feedEntrySchema)

/** Alone in its page, one write shows it: documents, or deletions. */
const isOneWrite = (entries: readonly FeedEntry[]): boolean =>
  entries.every((entry) => entry.deleted) || entries.every((entry) => !entry.deleted)

export const createFeedSwitch = (store: Store, writer: FeedWriter): FeedSwitch => {
  const { staging, positions } = store
  let held: HeldPage | null = null
  /** Of pages written where they belong: it is stored while the next page is. */
  let reaching: Promise<void> = Promise.resolve()

  const stage = (feed: FeedName, anew: boolean, { entries, checkpoint, epoch }: StoredPage): Promise<void> =>
    staging.put({ feed, checkpoint, anew, text: JSON.stringify(entries), ...(epoch === undefined ? {} : { epoch }) })

  const stageHeld = async (): Promise<void> => {
    if (held) await stage(held.feed, false, held)
    held = null
  }
  const reach = async (feed: FeedName, checkpoint: number, epoch: HubEpoch | undefined): Promise<void> => {
    const before = await positions.feed(feed)
    const reached = { ...before, checkpoint, ...(epoch === undefined ? {} : { epoch }) }
    if (before.checkpoint !== reached.checkpoint || before.epoch !== reached.epoch) await positions.putFeed(feed, reached)
  }
  const copyFeed = async (feed: FeedName, through: number): Promise<Written[]> => {
    const written: Written[] = []
    const kept = new Set<string>()
    let end = { anew: false, epoch: undefined as HubEpoch | undefined }
    for (const checkpoint of (await staging.ends(feed)).filter((each) => each <= through)) {
      const page = await staging.page(feed, checkpoint)
      const entries = entriesSchema.parse(JSON.parse(page.text))
      for (const { id, deleted } of entries) if (deleted) kept.delete(id)
      for (const { id, deleted } of entries) if (!deleted) kept.add(id)
      written.push(await writer.write(feed, entries))
      end = { anew: page.anew, epoch: page.epoch }
    }
    if (end.anew) written.push(await writer.sweep(feed, kept))
    await reach(feed, through, end.epoch)
    return written
  }
  const finish = async (): Promise<Written[]> => {
    const cut = await staging.cut()
    if (!cut) return []
    const feeds = Object.keys(cut.through) as FeedName[]
    const written: Written[] = []
    for (const feed of feeds) written.push(...(await copyFeed(feed, cut.through[feed] ?? 0)))
    await staging.clear(feeds)
    return written
  }
  const showHeld = async ({ feed, entries, checkpoint, epoch }: HeldPage): Promise<Written[]> => {
    const written = await writer.write(feed, entries)
    await reach(feed, checkpoint, epoch)
    held = null
    return [written]
  }
  return {
    finish,
    drop: async () => {
      held = null
      await reaching.catch(() => undefined)
      reaching = Promise.resolve()
    },
    reading: async (feed) => {
      if (held?.feed === feed) return { after: held.checkpoint, epoch: held.epoch, anew: false }
      const last = await staging.last(feed)
      if (last) return { after: last.checkpoint, epoch: last.epoch, anew: last.anew }
      const { checkpoint, epoch } = await positions.feed(feed)
      return { after: checkpoint, epoch, anew: false }
    },
    beginAnew: async (feed, epoch) => {
      if (held?.feed === feed) held = null
      if ((await staging.ends(feed)).length > 0) await staging.clear([feed])
      return { after: 0, epoch, anew: true }
    },
    keep: async (feed, reading, page, direct) => {
      if (direct) {
        const written = await writer.write(feed, page.entries)
        await reaching
        reaching = reach(feed, page.checkpoint, page.epoch)
        if (!page.more) await reaching
        else reaching.catch(() => undefined)
        return written
      }
      const ends = await staging.ends(feed)
      if (page.entries.length === 0) {
        if (reading.anew && ends.length === 0) await stage(feed, true, page)
        else if (!reading.anew && ends.length === 0 && held?.feed !== feed) await reach(feed, page.checkpoint, page.epoch)
        return null
      }
      if (!reading.anew && !held && ends.length === 0 && !page.more && isOneWrite(page.entries)) held = { feed, ...page }
      else {
        await stageHeld()
        await stage(feed, reading.anew, page)
      }
      return null
    },
    cut: async (feeds) => {
      const through: Partial<Record<FeedName, number>> = {}
      for (const feed of feeds) {
        const end = (await staging.ends(feed)).at(-1)
        if (end !== undefined) through[feed] = end
      }
      if (Object.keys(through).length === 0) return held && feeds.includes(held.feed) ? showHeld(held) : []
      if (held && feeds.includes(held.feed)) {
        through[held.feed] = held.checkpoint
        await stageHeld()
      }
      await staging.putCut({ through })
      return finish()
    },
  }
}
