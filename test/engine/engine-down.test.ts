/** The way down: feeds, prices that switch on time, the PLU list and look-ups. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PluPublication } from '#sync/contract/ipc.ts'
import { saleText } from './records.ts'
import { StoreRig } from './store-rig.ts'

const item = (itemId: string, barcode: string) => ({
  itemId,
  name: `Item ${itemId}`,
  barcodes: [barcode],
  unit: 'each',
  taxCode: 'A',
  taxRateMicro: 70_000,
})
const price = (priceId: string, itemId: string, amountMinor: number, effectiveFrom: string, effectiveTo?: string) => ({
  ...{ priceId, itemId, storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom },
  ...(effectiveTo ? { effectiveTo } : {}),
})

let rig: StoreRig

const list = (itemId: string, barcode: string, amountMinor: number): void => {
  rig.hub.publish('items', itemId, item(itemId, barcode))
  rig.hub.publish('prices', `${itemId}-a`, price(`${itemId}-a`, itemId, amountMinor, '2026-01-01T00:00:00.000Z'))
  rig.hub.publish('assortment', itemId, { storeId: 'S1', itemId, listed: true })
}
const untilPlu = (holds: (p: PluPublication) => boolean): Promise<void> => rig.clock.until(() => rig.plu.some(holds), 'a PLU publication')
const advanceTo = (instant: string): Promise<void> => rig.clock.advance(Date.parse(instant) - rig.clock.nowMs())
const online = (): Promise<void> => rig.clock.until(() => rig.engine.status().link.state === 'online')

beforeEach(() => {
  rig = new StoreRig()
})
afterEach(() => rig.engine.close())

describe('the way down', () => {
  it('[TRN6] [PRC2] pulls the catalogue page by page, publishes it once in full, then exactly what changed', async () => {
    for (let i = 0; i < 1_500; i++) list(`I${i}`, `${4000 + i}`, 100 + i)
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    expect(rig.plu).toHaveLength(1)
    expect(rig.plu[0]?.kind === 'full' && rig.plu[0].entries.length).toBe(1_500)
    rig.hub.publish('prices', 'I7-a', price('I7-a', 'I7', 999, '2026-01-01T00:00:00.000Z'))
    rig.hub.publish('assortment', 'I8', { storeId: 'S1', itemId: 'I8', listed: false })
    await untilPlu((p) => p.kind === 'delta' && p.removed.includes('I8'))
    const deltas = rig.plu
      .slice(1)
      .flatMap((p) => (p.kind === 'delta' ? [...p.changed.map((e) => [e.item.itemId, e.price.amountMinor]), ...p.removed] : ['full']))
    expect(deltas).toEqual([['I7', 999], 'I8'])
    expect((await rig.engine.lookup('4007'))?.price.amountMinor).toBe(999)
    expect(await rig.engine.lookup('4008')).toBeNull()
  })

  it('[PRC1] [PRC2] switches a price at its moment while the hub is away, and publishes just that', async () => {
    list('I1', '4001', 100)
    list('I2', '4002', 200)
    rig.hub.publish('prices', 'promo', price('promo', 'I1', 80, '2026-03-02T10:30:07.123Z', '2026-03-02T11:00:09.456Z'))
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    expect((await rig.engine.lookup('4001'))?.next).toMatchObject({ amountMinor: 80, effectiveFrom: '2026-03-02T10:30:07.123Z' })
    rig.hub.up = false
    rig.hub.cut()
    await advanceTo('2026-03-02T10:30:07.100Z')
    expect(rig.plu).toHaveLength(1)
    await advanceTo('2026-03-02T10:30:07.123Z')
    expect(rig.plu.slice(1)).toMatchObject([
      {
        kind: 'delta',
        changed: [
          { item: { itemId: 'I1' }, price: { amountMinor: 80 }, next: { amountMinor: 100, effectiveFrom: '2026-03-02T11:00:09.456Z' } },
        ],
        removed: [],
      },
    ])
    expect((await rig.engine.lookup('4001'))?.price.amountMinor).toBe(80)
    await advanceTo('2026-03-02T11:00:09.400Z')
    expect(rig.plu).toHaveLength(2)
    await advanceTo('2026-03-02T11:00:09.456Z')
    expect(rig.plu).toHaveLength(3)
    expect((await rig.engine.lookup('4001'))?.price.amountMinor).toBe(100)
  })

  it('[PRC1] [PRC6] prices that begin at the same moment switch together: one delta, and no look-up between', async () => {
    for (let n = 1; n <= 30; n++) {
      list(`I${n}`, `40${n}`, 100)
      rig.hub.publish('prices', `I${n}-b`, price(`I${n}-b`, `I${n}`, 90, '2026-03-02T10:30:00.000Z'))
    }
    await rig.start()
    await untilPlu((p) => p.kind === 'full' && p.entries.length === 30)
    const amounts = async () =>
      new Set(await Promise.all(Array.from({ length: 30 }, async (_, n) => (await rig.engine.lookup(`40${n + 1}`))?.price.amountMinor)))
    await advanceTo('2026-03-02T10:29:59.999Z')
    expect(await amounts()).toEqual(new Set([100]))
    rig.plu.length = 0
    await advanceTo('2026-03-02T10:30:00.000Z')
    expect(await amounts()).toEqual(new Set([90]))
    expect(rig.plu).toHaveLength(1)
    expect(rig.plu[0]?.kind === 'delta' && rig.plu[0].changed.map((entry) => entry.price.amountMinor)).toEqual(
      Array.from({ length: 30 }, () => 90),
    )
  })

  it('[PRC1] a clock that jumps, as after sleep, and one set back, are both noticed', async () => {
    list('I1', '4001', 100)
    rig.hub.publish('prices', 'later', price('later', 'I1', 90, '2026-03-02T18:00:00.000Z'))
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    const before = rig.clock.nowMs()
    rig.clock.setWall(Date.parse('2026-03-02T19:00:00.000Z'))
    await untilPlu((p) => p.kind === 'delta' && p.changed[0]?.price.amountMinor === 90)
    rig.clock.setWall(before)
    await untilPlu((p) => p.kind === 'delta' && p.changed[0]?.price.amountMinor === 100)
  })

  it('[PRC2] starts from the last known catalogue without a hub, and never publishes a part of one', async () => {
    list('I1', '4001', 100)
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    rig.plu.length = 0
    rig.hub.up = false
    await rig.restart()
    await untilPlu((p) => p.kind === 'full' && p.entries.length === 1)
    expect((await rig.engine.lookup('4001'))?.item.name).toBe('Item I1')
    rig.plu.length = 0
    await rig.restart({ wiped: true })
    await rig.clock.advance(5_000)
    expect(rig.plu).toEqual([])
  })

  it('[PRC2] hands a publication over again that main did not take', async () => {
    list('I1', '4001', 100)
    rig.pluFailures = 2
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    rig.pluFailures = 1
    rig.hub.publish('prices', 'I1-a', price('I1-a', 'I1', 55, '2026-01-01T00:00:00.000Z'))
    await untilPlu((p) => p.kind === 'delta' && p.changed[0]?.price.amountMinor === 55)
  })

  it('[PRC4] parks a document that does not parse, goes on, and takes it when a good version comes', async () => {
    list('I1', '4001', 100)
    rig.hub.publish('items', 'I9', { itemId: 'I9', colour: 'of a newer version' })
    rig.hub.publish('items', 'I3', item('other', '4003'))
    list('I2', '4002', 200)
    await rig.start()
    await untilPlu((p) => p.kind === 'full' && p.entries.length === 2)
    expect(rig.logged.filter((l) => l === 'warn: a feed document was set aside')).toHaveLength(2)
    list('I9', '4009', 900)
    await untilPlu((p) => p.kind === 'delta' && p.changed.some((e) => e.item.itemId === 'I9'))
  })

  it('[TRN8] sets an unknown message aside and stays up', async () => {
    await rig.start()
    await online()
    await rig.engine.park('recipe', { of: 'a newer protocol' }, 'no such message')
    expect(rig.engine.status().link.state).toBe('online')
  })

  it('[TRN6] deletes what the hub deletes', async () => {
    list('I1', '4001', 100)
    list('I2', '4002', 100)
    await rig.start()
    await untilPlu((p) => p.kind === 'full')
    rig.hub.publish('items', 'I1', null, true)
    await untilPlu((p) => p.kind === 'delta' && p.removed.includes('I1'))
    rig.hub.up = false
    await rig.restart()
    expect(await rig.engine.lookup('4001')).toBeNull()
    expect(await rig.engine.lookup('4002')).not.toBeNull()
  })

  it('shows what became of transactions and which prices came, with the amount before', async () => {
    list('I1', '4001', 100)
    rig.journal.append(saleText(1))
    rig.journal.append(saleText(2))
    await rig.start()
    await rig.untilAcked()
    rig.hub.publish('postings', 'S1|W1|2026-03-02|1', { naturalKey: 'S1|W1|2026-03-02|1', state: 'posted', erpReference: 'SO1' })
    rig.hub.publish('postings', 'S1|W1|2026-03-02|2', { naturalKey: 'S1|W1|2026-03-02|2', state: 'held', reason: 'unknown item' })
    rig.hub.publish('prices', 'I1-a', price('I1-a', 'I1', 90, '2026-01-01T00:00:00.000Z'))
    rig.hub.publish('settings', 'S1', { storeId: 'S1', name: 'Quay', currency: 'EUR', timeZone: 'Europe/Berlin' })
    const view = await rig.untilView((v) => v.counts.posted === 1 && v.counts.held === 1 && v.store?.storeName === 'Quay')
    expect(view.transactions.map((t) => [t.state, t.reason])).toEqual([
      ['held', 'unknown item'],
      ['posted', undefined],
    ])
    expect(view.priceChanges).toMatchObject([{ itemId: 'I1', name: 'Item I1', amountMinor: 90, previousMinor: 100, inForce: true }])
  })
})
