/** News that come with pokes: a page that was not asked for, judged and shown like one that was. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FeedNews } from '#sync/contract/down.ts'
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import type { UpRequest } from '#sync/contract/up.ts'
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { StoreRig } from './store-rig.ts'

let rig: StoreRig
let pulls: FeedName[]
/** Entries that pulls brought. */
let pulled: number

const price = (amountMinor: unknown, storeId = 'S1') => ({
  ...{ priceId: 'I1-a', itemId: 'I1', storeId, amountMinor, currency: 'EUR', effectiveFrom: '2026-01-01T00:00:00.000Z' },
})
const entriesOf = (feed: FeedName): FeedEntry[] => rig.hub.feeds.get(feed) ?? []
const headOf = (feed: FeedName): number => Math.max(0, ...entriesOf(feed).map((entry) => entry.checkpoint))
/** Changes the hub without telling anybody. */
const put = (feed: FeedName, id: string, document: unknown, deleted = false): FeedEntry => {
  const entry = { id, checkpoint: headOf(feed) + 1, deleted, document }
  rig.hub.feeds.set(feed, [...entriesOf(feed).filter((each) => each.id !== id), entry])
  return entry
}
const newsAfter = (feed: FeedName, after: number, beside: FeedNews['beside'] = []): FeedNews => ({
  ...{ after, checkpoint: headOf(feed), epoch: rig.hub.epoch, beside },
  entries: entriesOf(feed)
    .filter((entry) => entry.checkpoint > after)
    .toSorted((a, b) => a.checkpoint - b.checkpoint),
})
const offered = async (): Promise<number | undefined> => (await rig.engine.lookup('401'))?.price.amountMinor
const untilOffered = (amount: number | undefined): Promise<void> => rig.clock.until(async () => (await offered()) === amount, `${amount}`)

beforeEach(async () => {
  rig = new StoreRig()
  put('items', 'I1', { itemId: 'I1', name: 'One', barcodes: ['401'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
  put('prices', 'I1-a', price(100))
  put('assortment', 'I1', { storeId: 'S1', itemId: 'I1', listed: true })
  await rig.start()
  await untilOffered(100)
  await rig.clock.advance(1_000)
  pulls = []
  pulled = 0
  const answer = rig.hub.answer.bind(rig.hub)
  rig.hub.answer = (event, message) => {
    const given = answer(event, message)
    if (event === 'pull') pulls.push((message as UpRequest<'pull'>).feed)
    if (given && typeof given === 'object' && 'entries' in given) pulled += given.entries.length
    return given
  }
})
afterEach(() => rig.engine.close())

describe('news with a poke', () => {
  it('[TRN6] [PRC6] are shown without a pull of their feed, once the others were found as they were', async () => {
    put('prices', 'I1-a', price(101))
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 1) })
    await untilOffered(101)
    expect(pulls.toSorted()).toEqual(['assortment', 'items'])
    put('prices', 'I1-a', null, true)
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 2) })
    await untilOffered(undefined)
    expect(pulls).not.toContain('prices')
    // Two before the store gets to it.
    for (const amount of [102, 103]) {
      put('prices', 'I1-a', price(amount))
      rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', headOf('prices') - 1) })
    }
    await untilOffered(103)
    expect(pulled).toBe(0)
  })

  it('[TRN6] [PRC6] that say where the others stood are shown without any pull, where that is where the store stands', async () => {
    const others = (): FeedNews['beside'] => (['items', 'assortment'] as const).map((feed) => ({ feed, checkpoint: headOf(feed) }))
    put('prices', 'I1-a', price(101))
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 1, others()) })
    await untilOffered(101)
    expect(pulls).toEqual([])
    // An item changed as well, and the store has not heard of that.
    put('items', 'I1', { itemId: 'I1', name: 'Two', barcodes: ['401'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
    put('prices', 'I1-a', price(102))
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 2, others()) })
    await untilOffered(102)
    expect([(await rig.engine.lookup('401'))?.item.name, pulls.includes('items')]).toEqual(['Two', true])
  })

  it('[TRN6] that begin behind what was read, or are of another epoch, are not believed: the store pulls', async () => {
    put('prices', 'I1-a', price(101))
    put('prices', 'I1-a', price(102))
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 2) })
    await untilOffered(102)
    expect(pulls).toContain('prices')
    const entry = put('prices', 'I1-a', price(104))
    const lie = {
      ...newsAfter('prices', 3),
      ...{ epoch: hubEpochSchema.parse('eeeeeeeeeeee'), entries: [{ ...entry, document: price(1) }] },
    }
    pulls = []
    rig.hub.push('poke', { feed: 'prices', news: lie })
    await untilOffered(104)
    expect(pulls).toContain('prices')
    expect(rig.logged.filter((line) => line.includes('anew'))).toEqual([])
  })

  it('[PRC6] of one feed show nothing of a change in two before the other was read', async () => {
    put('prices', 'I1-a', price(101))
    put('items', 'I1', { itemId: 'I1', name: 'Two', barcodes: ['401'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
    const seen = new Set<string>()
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 1) })
    await rig.clock.until(async () => {
      const entry = await rig.engine.lookup('401')
      seen.add(`${entry?.item.name} ${entry?.price.amountMinor}`)
      return entry?.price.amountMinor === 101
    })
    expect([...seen].every((each) => each === 'One 100' || each === 'Two 101')).toBe(true)
  })

  it('[PRC4] that do not parse are parked, and what comes after them arrives', async () => {
    put('prices', 'odd', { colour: 'of a newer version' })
    put('prices', 'I1-a', price(101))
    rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', 1) })
    await untilOffered(101)
    await rig.engine.close()
    expect(await rig.withStore((store) => store.parked.all())).toMatchObject([{ id: 'feed:prices:odd' }])
  })

  it('[TRN15] of another store are refused with the line, and nothing of them is kept', async () => {
    // A pull would find nothing wrong.
    const entry = put('prices', 'I1-a', price(101))
    rig.hub.push('poke', { feed: 'prices', news: { ...newsAfter('prices', 1), entries: [{ ...entry, document: price(50, 'S2') }] } })
    await rig.clock.until(() => rig.engine.status().link.state === 'refused')
    expect(rig.engine.status().link).toMatchObject({ code: 'WRONG_STORE' })
    expect(await offered()).toBe(100)
  })

  it('[TRN6] lost, late, twice and overlapping leave the store with what the hub has', async () => {
    const step = fc.record({ back: fc.nat(3), delayed: fc.boolean(), lost: fc.boolean(), more: fc.nat(2) })
    let amount = 200
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const late: FeedNews[] = []
        for (const { back, delayed, lost, more } of steps) {
          for (let n = 0; n <= more; n++) put('prices', 'I1-a', price((amount += 1)))
          const news = newsAfter('prices', Math.max(0, headOf('prices') - 1 - back))
          if (delayed) late.unshift(news)
          else if (!lost) rig.hub.push('poke', { feed: 'prices', news })
          if (back === 0) await rig.clock.advance(5)
        }
        for (const news of late) rig.hub.push('poke', { feed: 'prices', news })
        put('prices', 'I1-a', price((amount += 1)))
        rig.hub.push('poke', { feed: 'prices', news: newsAfter('prices', headOf('prices') - 1) })
        await untilOffered(amount)
      }),
      { numRuns: 30 },
    )
    expect(rig.engine.status().link.state).toBe('online')
  })
})
