/** Feeds of a hub that packs its pages, is restored, falls back, or gives what is another store's. */
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FeedName } from '#sync/contract/feed.ts'
import type { UpRequest, UpResponse } from '#sync/contract/up.ts'
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { createMortalStorage, type MortalStorage } from './mortal-storage.ts'
import { StoreRig } from './store-rig.ts'

let rig: StoreRig
let mortal: MortalStorage
let pulls: UpRequest<'pull'>[]
/** Spoils the next packed page. */
let spoil: ((bytes: Uint8Array) => Uint8Array) | null

const heads = new Map<FeedName, number>()

/** The scripted hub, speaking protocol 3. */
const answerPull = (request: UpRequest<'pull'>, plain: UpResponse<'pull'>): UpResponse<'pull'> => {
  pulls.push(request)
  if (plain.outcome !== 'pulled') return plain
  const head = heads.get(request.feed) ?? rig.hub.feeds.get(request.feed)?.at(-1)?.checkpoint ?? 0
  const { entries, more } = plain
  const { epoch } = rig.hub
  const checkpoint = more ? plain.checkpoint : head
  if (request.packed !== true) return { ...plain, checkpoint, epoch }
  const bytes = new Uint8Array(deflateRawSync(JSON.stringify(entries)))
  const sent = spoil && entries.length > 0 ? spoil(bytes) : bytes
  if (entries.length > 0) spoil = null
  return { outcome: 'packed', codec: 'deflate-raw', bytes: sent, checkpoint, more, epoch }
}

const documentsOf = (itemId: string, amountMinor: number, storeId = 'S1') => ({
  items: { itemId, name: itemId, barcodes: [itemId.replace('I', '40')], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 },
  prices: {
    ...{ priceId: `${itemId}-a`, itemId, storeId, amountMinor, currency: 'EUR' },
    effectiveFrom: '2026-01-01T00:00:00.000Z',
  },
  assortment: { storeId, itemId, listed: true },
})
const list = (itemId: string, amountMinor: number, storeId = 'S1'): void => {
  const { items, prices, assortment } = documentsOf(itemId, amountMinor, storeId)
  rig.hub.publish('items', itemId, items)
  rig.hub.publish('prices', prices.priceId, prices)
  rig.hub.publish('assortment', itemId, assortment)
}
/** I1 at 1, I2 at 2, ... */
const listMany = (count: number): void => {
  for (const feed of ['items', 'prices', 'assortment'] as const)
    rig.hub.feeds.set(
      feed,
      Array.from({ length: count }, (_, n) => {
        const id = `I${n + 1}`
        return { id: feed === 'prices' ? `${id}-a` : id, checkpoint: n + 1, deleted: false, document: documentsOf(id, n + 1)[feed] }
      }),
    )
}
const offered = async (): Promise<(number | undefined)[]> =>
  Promise.all(['401', '402', '403'].map(async (barcode) => (await rig.engine.lookup(barcode))?.price.amountMinor))
const untilOffered = (...wanted: (number | undefined)[]): Promise<void> =>
  rig.clock.until(async () => JSON.stringify(await offered()) === JSON.stringify(wanted), JSON.stringify(wanted))
const state = () => rig.engine.status().link

beforeEach(() => {
  mortal = createMortalStorage()
  rig = new StoreRig()
  rig.storage = mortal.storage
  pulls = []
  spoil = null
  heads.clear()
  const answer = rig.hub.answer.bind(rig.hub)
  rig.hub.answer = (event, message) => {
    const given = answer(event, message)
    return event === 'pull' ? answerPull(message as UpRequest<'pull'>, given as UpResponse<'pull'>) : given
  }
})
afterEach(() => rig.engine.close())

describe('feeds of a hub with epochs', () => {
  it('[TRN13] [PRC5] come packed, a page is asked for once, and one that cannot be unpacked is asked for plain', async () => {
    listMany(4_500)
    spoil = (bytes) => bytes.subarray(0, bytes.length >> 1)
    await rig.start()
    await untilOffered(1, 2, 3)
    const asked = (feed: FeedName) => pulls.filter((p) => p.feed === feed && p.packed === true).map((p) => p.after)
    expect(asked('prices').slice(0, 3)).toEqual([0, 2_000, 4_000])
    expect(rig.logged.filter((line) => line.includes('could not be unpacked'))).toHaveLength(1)
    expect(pulls.filter((p) => p.packed !== true)).toHaveLength(1)
  })

  it('[PRC5] the first load goes on where it stood, killed before whichever write, and shows nothing before it is whole', async () => {
    listMany(4_500)
    // Three feeds, each of two pages of the largest size and more.
    const fewestPages = 3 * 3
    for (let writes = 3; writes <= 12; writes += 3) {
      mortal.killAfter(writes)
      await rig.start()
      await rig.clock.until(() => mortal.isDead())
      await rig.clock.advance(10)
      rig.hub.cut()
      await rig.engine.close()
      expect(await offered()).toEqual([undefined, undefined, undefined])
      mortal.revive()
    }
    expect(rig.plu).toEqual([])
    await rig.start()
    await untilOffered(1, 2, 3)
    // Each death may cost the page that was being written, and the one asked for ahead.
    const withNews = new Map<string, number>()
    for (const { feed, after } of pulls) withNews.set(`${feed} ${after}`, (withNews.get(`${feed} ${after}`) ?? 0) + 1)
    const again = [...withNews].filter(([page]) => !page.endsWith(' 4500') && !/settings|postings/.test(page)).map(([, times]) => times - 1)
    expect(again.length).toBeGreaterThanOrEqual(fewestPages)
    expect(again.reduce((sum, times) => sum + times, 0)).toBeLessThanOrEqual(4 * 2)
  })

  it('[TRN15] [HUB11] a new epoch is read anew, and what the restored hub does not have is gone, all at one moment, killed wherever', async () => {
    list('I1', 100)
    list('I2', 200)
    await rig.start()
    await untilOffered(100, 200, undefined)
    let was: (number | undefined)[] = [100, 200, undefined]
    for (let writes = 0, dead = true; dead; writes++) {
      const now = was[0] === 100 ? [101, undefined, 300] : [100, 200, undefined]
      rig.hub.epoch = hubEpochSchema.parse(String(writes).padStart(12, 'e'))
      rig.hub.feeds.clear()
      rig.hub.up = false
      rig.hub.cut()
      if (now[1] === undefined) list('I3', 300)
      list('I1', now[0] ?? 0)
      if (now[1] !== undefined) list('I2', 200)
      const states = new Set<string>()
      mortal.onWrite = () => void offered().then((each) => states.add(JSON.stringify(each)))
      mortal.killAfter(writes)
      rig.hub.up = true
      let through = false
      await rig.clock.until(async () => (through = JSON.stringify(await offered()) === JSON.stringify(now)) || mortal.isDead())
      dead = !through
      mortal.onWrite = () => undefined
      await rig.engine.close()
      mortal.revive()
      await rig.start()
      await untilOffered(...now)
      expect([...states].filter((each) => each !== JSON.stringify(was) && each !== JSON.stringify(now))).toEqual([])
      was = now
    }
    expect(state().state).toBe('online')
  }, 30_000)

  it('[TRN15] a hub that has less than it gave, in the same epoch, is refused, and the store keeps what it has', async () => {
    list('I1', 100)
    await rig.start()
    await untilOffered(100, undefined, undefined)
    heads.set('prices', 0)
    rig.hub.push('poke', { feed: 'prices' })
    await rig.clock.until(() => state().state === 'refused')
    expect(state()).toMatchObject({ code: 'HUB_FELL_BACK' })
    expect(await offered()).toEqual([100, undefined, undefined])
  })

  it('[TRN15] another store’s feed is refused, and nothing of it is kept', async () => {
    list('I1', 100)
    await rig.start()
    await untilOffered(100, undefined, undefined)
    list('I1', 50, 'S2')
    await rig.clock.until(() => state().state === 'refused')
    expect(state()).toMatchObject({ code: 'WRONG_STORE' })
    expect(await offered()).toEqual([100, undefined, undefined])
  })
})
