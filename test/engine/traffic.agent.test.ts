/** Windows, bounds and classes on the real engine, in virtual time: what goes over the line, when, and that nothing goes twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FeedName } from '#sync/contract/feed.ts'
import type { TrafficCaps, TrafficWindows } from '#sync/contract/traffic.ts'
import type { UpRequest } from '#sync/contract/up.ts'
import { saleText, sha256 } from './records.ts'
import { slowLink, type Crossing, type SlowLink } from './slow-link.ts'
import { StoreRig } from './store-rig.ts'

const items = 20_000
const second = 1_000

let rig: StoreRig
let line: SlowLink

const item = (n: number) => ({
  ...{ id: `I${n}`, checkpoint: n, deleted: false },
  document: { itemId: `I${n}`, name: `Item number ${n}`, barcodes: [`${4_000_000 + n}`], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 },
})
const posting = (n: number) => ({
  ...{ id: `S1|W1|2026-03-01|${n}`, checkpoint: n, deleted: false },
  document: { naturalKey: `S1|W1|2026-03-01|${n}`, state: 'posted' },
})
const listed = (n: number) => ({
  ...{ id: `I${n}`, checkpoint: n, deleted: false },
  document: { storeId: 'S1', itemId: `I${n}`, listed: true },
})
const price = (n: number) => ({
  ...{ id: `P${n}`, checkpoint: n, deleted: false },
  document: {
    priceId: `P${n}`,
    itemId: `I${n}`,
    storeId: 'S1',
    amountMinor: n,
    currency: 'EUR',
    effectiveFrom: '2026-01-01T00:00:00.000Z',
  },
})
const listItems = (count: number): void =>
  void rig.hub.feeds.set(
    'items',
    Array.from({ length: count }, (_, i) => item(i + 1)),
  )
const allow = (windows: TrafficWindows, caps: Partial<TrafficCaps> = {}): void =>
  rig.hub.publish('settings', 'sync:S1', {
    ...{ kind: 'sync', storeId: 'S1', windows, caps: { metered: false, ...caps } },
    ...{ compareEveryMinutes: 5, reportEverySeconds: 60 },
  })
const pages = (feed: FeedName = 'items') =>
  line.crossings.filter((c) => c.event === 'pull' && (c.request as UpRequest<'pull'>).feed === feed)
const after = (crossing: Crossing | undefined): number => (crossing?.request as UpRequest<'pull'> | undefined)?.after ?? -1
const limit = (crossing: Crossing): number => (crossing.request as UpRequest<'pull'>).limit
const advanceTo = (instant: string): Promise<void> => rig.clock.advance(Date.parse(instant) - rig.clock.nowMs())
const until = async (holds: () => boolean | Promise<boolean>, what: string, seconds = 900): Promise<void> => {
  for (let i = 0; i < seconds; i++) {
    if (await holds()) return
    await rig.clock.advance(second)
  }
  throw new Error(`${what} did not come true`)
}
const checkpointAtEnd = () => rig.hub.feeds.get('items')?.length ?? 0
const isLoaded = (): boolean => pages().some((c) => after(c) + limit(c) >= checkpointAtEnd())
const bytesBetween = (fromMs: number, toMs: number): number =>
  line.crossings.filter((c) => c.answeredAtMs >= fromMs && c.answeredAtMs < toMs).reduce((sum, c) => sum + c.bytes, 0)

beforeEach(() => {
  rig = new StoreRig()
  line = slowLink(rig.hub.link, rig.clock, 400_000)
  rig.link = line
})
afterEach(() => rig.engine.close())

describe('traffic of a store', () => {
  it('[TRN18] [TRN19] [TRN20] a first load under a bound stops with its window, goes on in the next one where it stopped, and lets sales by', async () => {
    listItems(items)
    allow({ bulk: [{ cron: '*/5 * * * *', minutes: 1 }] }, { kilobytesPerSecond: 50 })
    await rig.start()
    const waits: number[] = []
    const sell = async (): Promise<void> => {
      rig.journal.appendSales(1)
      const soldAtMs = rig.clock.nowMs()
      await rig.untilAcked()
      waits.push(rig.clock.nowMs() - soldAtMs)
    }
    while (rig.clock.nowMs() < Date.parse('2026-03-02T10:00:55.000Z')) {
      await rig.clock.advance(5 * second)
      await sell()
    }
    await advanceTo('2026-03-02T10:01:10.000Z')
    const atClose = pages()
    const stoppedAt = after(atClose.at(-1))
    expect(stoppedAt).toBeGreaterThan(8_000)
    expect(stoppedAt).toBeLessThan(items - 1_000)
    await advanceTo('2026-03-02T10:04:59.000Z')
    await sell()
    expect(pages()).toHaveLength(atClose.length)
    expect(Math.max(...atClose.map((c) => c.sentAtMs))).toBeLessThan(Date.parse('2026-03-02T10:01:00.000Z'))
    await until(isLoaded, 'the load')
    const starts = pages()
      .map(after)
      .filter((at) => at < items)
    expect(new Set(starts).size).toBe(starts.length)
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(after(pages()[atClose.length])).toBeGreaterThan(stoppedAt)
    expect(await rig.withEngineClosed((store) => store.feeds.items.all().then((all) => all.length))).toBe(items)
    // A page of the load takes two seconds of the bound, and what it owes another one.
    expect(Math.max(...waits)).toBeLessThan(3_500)
    expect(waits.length).toBeGreaterThan(9)
    const loadStart = Date.parse('2026-03-02T10:00:05.000Z')
    expect(bytesBetween(loadStart, loadStart + 50 * second)).toBeGreaterThan(50_000 * 50 * 0.8)
    expect(bytesBetween(loadStart, loadStart + 50 * second)).toBeLessThan(50_000 * 53)
  }, 60_000)

  it('[TRN19] [TRN21] sync now runs the load through closed windows, and they hold again behind it', async () => {
    listItems(3_000)
    allow({ bulk: [], routine: [] }, { kilobytesPerSecond: 100 })
    rig.journal.appendSales(3)
    await rig.start()
    await rig.untilAcked()
    await rig.clock.advance(120 * second)
    expect(pages()).toHaveLength(0)
    const waiting = await rig.untilView((v) => v.sync?.windows.some((w) => w.class === 'bulk' && !w.open) ?? false)
    expect(waiting.sync).toMatchObject({ overridden: false, forecast: { records: 0, catalogue: true } })
    expect(waiting.sync?.forecast).not.toHaveProperty('throughAt')
    let through = false
    void rig.engine.syncNow().then(() => (through = true))
    await rig.untilView((v) => v.sync?.overridden === true)
    await until(() => through, 'sync now')
    expect(pages().length).toBeGreaterThan(1)
    const done = await rig.untilView((v) => v.sync?.overridden === false)
    expect(done.sync?.forecast).toBeUndefined()
    rig.hub.publish('postings', posting(1).id, posting(1).document)
    const before = pages('postings').length
    await rig.clock.advance(120 * second)
    expect(pages('postings')).toHaveLength(before)
  }, 30_000)

  it('[TRN19] [PRC6] sync now lasts until a first load is shown, though its feeds are read again to fit each other', async () => {
    listItems(3_000)
    rig.hub.feeds.set(
      'assortment',
      Array.from({ length: 2_500 }, (_, i) => listed(i + 1)),
    )
    rig.hub.feeds.set(
      'prices',
      Array.from({ length: 2_500 }, (_, i) => price(i + 1)),
    )
    allow({ bulk: [] }, { kilobytesPerSecond: 100 })
    await rig.withStore((store) => store.positions.putFeed('postings', { checkpoint: 0, complete: true }))
    await rig.start()
    await rig.clock.advance(30 * second)
    expect(pages()).toHaveLength(0)
    void rig.engine.syncNow()
    await until(async () => (await rig.engine.lookup('4000001')) !== null, 'the catalogue', 300)
    const view = await rig.untilView((v) => v.sync?.overridden === false)
    expect(view.sync?.forecast).toBeUndefined()
  }, 30_000)

  it('[TRN18] a changed price goes before the pages of a load that is under way, and that goes on where it stopped', async () => {
    const count = 20_000
    listItems(10)
    rig.hub.feeds.set(
      'postings',
      Array.from({ length: count }, (_, i) => posting(i + 1)),
    )
    allow({}, { kilobytesPerSecond: 50 })
    await rig.start()
    await until(() => after(pages('postings').at(-1)) > 500, 'the load')
    rig.hub.publish('prices', 'P1', {
      ...{ priceId: 'P1', itemId: 'I1', storeId: 'S1', amountMinor: 5, currency: 'EUR', effectiveFrom: '2026-01-01T00:00:00.000Z' },
    })
    const pokedAtMs = rig.clock.nowMs()
    await until(
      () => after(pages('postings').at(-1)) === count || pages('postings').some((c) => after(c) + limit(c) >= count),
      'the postings',
    )
    const price = pages('prices').find((c) => c.sentAtMs > pokedAtMs)
    expect((price?.answeredAtMs ?? Infinity) - pokedAtMs).toBeLessThan(4 * second)
    expect(pages('postings').filter((c) => c.sentAtMs > (price?.sentAtMs ?? 0)).length).toBeGreaterThan(5)
    const starts = pages('postings').map(after)
    expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
  }, 30_000)

  it('[TRN20] a backlog of sales under a bound goes in batches of about two seconds, so that nothing waits long behind them', async () => {
    allow({}, { kilobytesPerSecond: 50 })
    await rig.start()
    await rig.untilView((v) => v.sync?.caps.kilobytesPerSecond === 50)
    // Each with a text of its own: alike, they would pack into next to nothing.
    for (let n = 1; n <= 1_000; n++) rig.journal.append(saleText(n, [1, 2, 3, 4].map((part) => sha256(`${n} ${part}`)).join('')))
    await rig.untilAcked()
    const batches = line.crossings.filter((c) => c.event === 'batch' || c.event === 'packedBatch' || c.event === 'terseBatch')
    expect(batches.length).toBeGreaterThan(5)
    expect(Math.max(...batches.map((c) => c.bytes))).toBeLessThan(130_000)
    expect(rig.hubSeqs()).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1))
  })

  it('[OPS6] the last known windows hold after a restart, before the hub has said a word', async () => {
    listItems(50)
    allow({ bulk: [], routine: [] })
    await rig.start()
    await until(() => line.crossings.some((c) => c.event === 'pull'), 'settings')
    await rig.clock.advance(5 * second)
    rig.hub.up = false
    rig.hub.cut()
    await rig.restart()
    const view = await rig.untilView((v) => v.sync !== undefined)
    expect(view.sync?.windows).toEqual([
      { class: 'urgent', open: true },
      { class: 'routine', open: false },
      { class: 'bulk', open: false },
    ])
    rig.hub.up = true
    await rig.clock.advance(180 * second)
    expect(rig.engine.status().link.state).toBe('online')
    expect(pages()).toHaveLength(0)
    allow({})
    await until(() => pages().length > 0, 'the load once it may', 10)
  })

  it('[TRN20] what was used today is known after a restart, and a new day begins with nothing', async () => {
    listItems(items)
    allow({}, { megabytesPerDay: 1 })
    await rig.start()
    await rig.clock.advance(60 * second)
    const before = pages().length
    const usedBefore = (await rig.untilView((v) => (v.sync?.caps.usedBytesToday ?? 0) > 1_000_000)).sync?.caps.usedBytesToday ?? 0
    // Over it by less than the one page that was under way.
    expect(usedBefore).toBeLessThan(1_350_000)
    await rig.restart()
    rig.journal.appendSales(2)
    await rig.untilAcked()
    await rig.clock.advance(120 * second)
    expect(pages()).toHaveLength(before)
    expect(rig.views.at(-1)?.sync?.caps.usedBytesToday).toBeGreaterThanOrEqual(usedBefore)
    rig.clock.setWall(Date.parse('2026-03-02T09:00:00.000Z'))
    await rig.clock.advance(120 * second)
    expect(pages()).toHaveLength(before)
    rig.clock.setWall(Date.parse('2026-03-02T22:58:00.000Z'))
    await rig.clock.advance(110 * second)
    expect(pages()).toHaveLength(before)
    await rig.clock.advance(60 * second)
    expect(pages().length).toBeGreaterThan(before)
  }, 30_000)

  it('[TRN20] on a metered line a load waits for a person, or for a window of its own', async () => {
    listItems(500)
    allow({}, { metered: true })
    await rig.start()
    await rig.clock.advance(120 * second)
    expect(pages()).toHaveLength(0)
    allow({ bulk: [{ cron: '30 11 * * *', minutes: 10 }] }, { metered: true })
    await advanceTo('2026-03-02T10:29:59.000Z')
    expect(pages()).toHaveLength(0)
    await rig.clock.advance(5 * second)
    expect(pages().length).toBeGreaterThan(0)
  })
})
