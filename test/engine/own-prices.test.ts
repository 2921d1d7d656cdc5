/** A store's own prices at its tills: in force at once, against what the centre does, until the hub's word. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { itemIdSchema } from '#sync/contract/vocabulary.ts'
import { StoreRig } from './store-rig.ts'

const milk = itemIdSchema.parse('MILK')
const price = (priceId: string, amountMinor: number, effectiveFrom: string, effectiveTo?: string) => ({
  ...{ priceId, itemId: milk, storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom },
  ...(effectiveTo ? { effectiveTo } : {}),
})

let rig: StoreRig

const now = async (): Promise<number | undefined> => (await rig.engine.lookup('4001'))?.price.amountMinor
const untilPrice = (amountMinor: number): Promise<void> => {
  let last: number | undefined
  return rig.clock.until(() => {
    void now().then((amount) => (last = amount))
    return last === amountMinor
  }, `a price of ${amountMinor}`)
}
const publish = (id: string, amountMinor: number, effectiveFrom: string, effectiveTo?: string): void =>
  rig.hub.publish('prices', id, price(id, amountMinor, effectiveFrom, effectiveTo))
const override = async (overrideId: string, amountMinor: number, change: Record<string, unknown> = {}): Promise<string> => {
  const basis = await rig.engine.basis(milk)
  if (!basis?.price) throw new Error('no basis')
  const { checkpoint, epoch, now: effectiveFrom } = basis
  const basedOn = { feed: 'prices', checkpoint, epoch, priceId: basis.price.priceId, amountMinor: basis.price.amountMinor }
  const own = { overrideId, storeId: 'S1', itemId: milk, amountMinor, currency: 'EUR', effectiveFrom, reason: 'near its date', ...change }
  rig.journal.append(JSON.stringify({ ...own, basedOn }), 'price-override')
  return effectiveFrom
}
const offline = (): void => {
  rig.hub.up = false
  rig.hub.cut()
}
const online = async (): Promise<void> => {
  rig.hub.up = true
  await rig.engine.syncNow()
  await rig.untilAcked()
}
const own = (view: ManagerView) =>
  view.ownPrices?.map(({ amountMinor, previousMinor, inForce, state, word }) => ({ amountMinor, previousMinor, inForce, state, word }))
const untilShown = async (state: string) =>
  own(await rig.untilView((view) => view.ownPrices?.[0]?.state === state, `an own price ${state}`))

beforeEach(async () => {
  rig = new StoreRig()
  rig.hub.publish('items', milk, { itemId: milk, name: 'Milk', barcodes: ['4001'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
  publish('regular', 119, '2026-01-01T00:00:00.000Z')
  rig.hub.publish('assortment', milk, { storeId: 'S1', itemId: milk, listed: true })
  await rig.start()
  await rig.clock.until(() => rig.plu.length > 0, 'the PLU list')
})
afterEach(() => rig.engine.close())

describe('a store’s own price at its tills', () => {
  it('[MRG41] is in force at once and without a line: look-up, PLU file and window; it is there after a restart, and ends on time', async () => {
    offline()
    await override('o1', 99, { effectiveTo: '2026-03-02T11:00:00.000Z' })
    await untilPrice(99)
    expect(rig.plu.at(-1)).toMatchObject({
      kind: 'delta',
      changed: [{ item: { itemId: 'MILK' }, price: { amountMinor: 99 }, next: { amountMinor: 119 } }],
    })
    expect(await untilShown('captured')).toEqual([
      { amountMinor: 99, previousMinor: 119, inForce: true, state: 'captured', word: undefined },
    ])
    await rig.restart()
    expect(await now()).toBe(99)
    await rig.clock.advance(Date.parse('2026-03-02T11:00:00.000Z') - rig.clock.nowMs())
    expect(await now()).toBe(119)
  })

  it('[MRG40] [MRG41] holds against a change that it was not made in the knowledge of, until the hub’s word is here', async () => {
    offline()
    await override('o1', 99)
    await untilPrice(99)
    publish('change', 139, '2026-03-02T10:00:00.500Z')
    await online()
    await rig.clock.until(() => rig.views.at(-1)?.priceChanges.some(({ amountMinor }) => amountMinor === 139) ?? false, 'the change')
    expect(await now()).toBe(99)
    rig.hub.publish('postings', 'S1|override|o1', { naturalKey: 'S1|override|o1', state: 'held', reason: 'Head office’s price stands.' })
    await untilPrice(139)
    expect(await untilShown('held')).toEqual([
      { amountMinor: 99, previousMinor: 119, inForce: false, state: 'held', word: 'Head office’s price stands.' },
    ])
    expect(rig.views.at(-1)?.counts).toMatchObject({ held: 0 })
    await rig.restart()
    expect(await now()).toBe(139)
  })

  it('[MRG41] [MRG43] a price of its name in the feed is the hub’s word, whichever way: refused it is withdrawn, accepted it stays, and later changes count again', async () => {
    const refused = await override('no', 99)
    await untilPrice(99)
    publish('~store:S1:no', 99, refused, refused)
    await untilPrice(119)
    const accepted = await override('yes', 89)
    await untilPrice(89)
    publish('~store:S1:yes', 89, accepted)
    rig.hub.publish('postings', 'S1|override|yes', { naturalKey: 'S1|override|yes', state: 'posted' })
    expect((await untilShown('posted'))?.[0]).toMatchObject({ amountMinor: 89, inForce: true })
    publish('later', 149, new Date(rig.clock.nowMs() + 1_000).toISOString())
    await rig.clock.advance(2_000)
    await untilPrice(149)
  })

  it('[MRG40] the first of two with one id counts', async () => {
    await override('o1', 99)
    await untilPrice(99)
    await override('o1', 59)
    await rig.untilAcked()
    expect(await now()).toBe(99)
    expect(await untilShown('at-hub')).toHaveLength(1)
    await rig.restart({ wiped: true })
    await untilPrice(99)
  })

  it('[MRG46] it is known which protocol the hub speaks', () => {
    expect(rig.spoken).toEqual([4])
  })
})
