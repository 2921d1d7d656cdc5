/** The line between the real engine and a hub of another version, one that was restored, one that lies, is busy, or is not the hub at all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { protocol } from '#sync/contract/protocol.ts'
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { saleText } from './records.ts'
import { StoreRig } from './store-rig.ts'

const sequence = (length: number): number[] => Array.from({ length }, (_, i) => i + 1)

let rig: StoreRig

const link = () => rig.engine.status().link
const untilLink = (state: string): Promise<void> => rig.clock.until(() => link().state === state, `the line ${state}`)

beforeEach(() => {
  rig = new StoreRig()
})
afterEach(() => rig.engine.close())

describe('a hub of another version', () => {
  it.each([
    [2, ['batch', 'hello', 'pull']],
    [protocol.version - 1, ['compareDays', 'compareFeed', 'hello', 'packedBatch', 'pull', 'report']],
  ])('[TRN12] works fully with a hub of protocol %i, and says nothing to it that it does not know', async (version, heard) => {
    rig.hub.protocolVersion = version
    rig.hub.publish('assortment', 'I1', { storeId: 'S1', itemId: 'I1', listed: true })
    rig.hub.batchFaults.push('lose-answer', 'half')
    rig.journal.appendSales(1_200)
    await rig.start()
    await rig.untilAcked(1_200)
    expect(rig.hubSeqs()).toEqual(sequence(1_200))
    await rig.clock.advance(600_000)
    expect([...new Set(rig.hub.heard)].toSorted()).toEqual(heard)
    await rig.engine.close()
    expect(await rig.withStore((store) => store.feeds.assortment.of(['I1']))).toHaveLength(1)
  })

  it('[TRN12] goes on with what the hub speaks, when that was renewed between two connections', async () => {
    rig.hub.protocolVersion = 2
    rig.journal.appendSales(10)
    await rig.start()
    await rig.untilAcked(10)
    rig.hub.protocolVersion = 3
    rig.hub.cut()
    rig.journal.appendSales(10)
    await rig.untilAcked(20)
    expect(rig.hub.heard).toContain('packedBatch')
    rig.hub.protocolVersion = 2
    rig.hub.cut()
    rig.hub.heard.length = 0
    rig.journal.appendSales(10)
    await rig.untilAcked(30)
    expect(rig.hub.heard).not.toContain('terseBatch')
    expect(rig.hub.heard).not.toContain('packedBatch')
    expect(rig.hubSeqs()).toEqual(sequence(30))
  })

  it('[TRN12] a hub that speaks a later protocol is spoken to in ours', async () => {
    rig.hub.protocolVersion = protocol.version + 1
    rig.journal.appendSales(3)
    await rig.start()
    await rig.untilAcked(3)
    expect(rig.hub.heard).toContain('terseBatch')
  })

  it('[TRN12] below the floor it is told to update, captures on, and loses nothing', async () => {
    rig.hub.refuseHello = 'BELOW_FLOOR'
    rig.journal.appendSales(2)
    await rig.start()
    const view = await rig.untilView((v) => v.link.state === 'refused')
    expect(view.link.code).toBe('BELOW_FLOOR')
    rig.journal.append(saleText(3))
    await rig.untilView((v) => v.counts.captured === 3 && v.pending.count === 3)
    rig.hub.refuseHello = null
    await rig.untilAcked(3)
  })
})

describe('packed batches', () => {
  it('[TRN13] all that a hub of this protocol gets of the journal is packed, in order, and the same', async () => {
    rig.hub.batchFaults.push('lose-answer', 'half', 'gap', 'lose-request')
    rig.journal.appendSales(3_000)
    await rig.start()
    await rig.untilAcked(3_000)
    expect(rig.hub.heard).not.toContain('batch')
    expect(rig.hub.log).toEqual(rig.journal.records)
  })

  it('[HUB9] [TRN7] a record that was damaged at rest travels in full, as it stands, and those around it arrive as ever', async () => {
    rig.journal.appendSales(3_000)
    rig.journal.records[1_500] = { ...rig.journal.records[1_500]!, payload: saleText(9_999) }
    await rig.start()
    await rig.untilAcked(3_000)
    expect(rig.hub.log).toEqual(rig.journal.records)
    expect(new Set(rig.hub.heard)).toContain('packedBatch')
    expect(rig.hub.heard.filter((event) => event === 'terseBatch').length).toBeGreaterThan(5)
  })
})

describe('epochs of the hub', () => {
  const acknowledged = async (count: number): Promise<void> => {
    rig.journal.appendSales(count)
    await rig.start()
    await rig.untilAcked(count)
  }

  it('[TRN15] tells the hub what it remembers, also after a restart', async () => {
    await acknowledged(5)
    expect(rig.hub.hellosHeard[0]).not.toHaveProperty('remembers')
    await rig.restart()
    await untilLink('online')
    expect(rig.hub.hellosHeard.at(-1)).toMatchObject({ remembers: { epoch: rig.hub.epoch, ackedSeq: 5 } })
  })

  it('[TRN15] a restored hub under a new epoch is filled again from the journal, each record once', async () => {
    await acknowledged(1_300)
    rig.hub.restoreTo(200, 'epoch0000002')
    rig.journal.appendSales(10)
    await rig.untilAcked(1_310)
    expect(rig.hubSeqs()).toEqual(sequence(1_310))
    expect(rig.reincarnations).toEqual([])
    rig.hub.hellosHeard.length = 0
    await rig.restart()
    await untilLink('online')
    expect(rig.hub.hellosHeard[0]?.remembers).toEqual({ epoch: rig.hub.epoch, ackedSeq: 1_310 })
  })

  it('[TRN15] a hub that fell back and hides it gets nothing and says so here, over restarts, until it is declared', async () => {
    await acknowledged(50)
    rig.hub.restoreTo(20)
    rig.journal.appendSales(5)
    rig.hub.heard.length = 0
    await rig.untilView((v) => v.link.state === 'refused' && v.link.code === 'HUB_FELL_BACK')
    await rig.restart()
    await untilLink('refused')
    await rig.clock.advance(1_200_000)
    expect(link()).toMatchObject({ code: 'HUB_FELL_BACK' })
    expect(new Set(rig.hub.heard)).toEqual(new Set(['hello']))
    expect(rig.hub.heard.length).toBeLessThan(20)
    expect(rig.reincarnations).toEqual([])
    // What the hub lost must not age out of the journal.
    expect(rig.keeper.told.at(-1)?.ackedSeq).toBe(0)
    rig.hub.epoch = hubEpochSchema.parse('epoch0000002')
    await rig.untilAcked(55)
    await rig.clock.until(() => rig.keeper.told.at(-1)?.ackedSeq === 55)
    expect(rig.hubSeqs()).toEqual(sequence(55))
  })

  it('[TRN15] a hub of protocol 2 has no epoch: restored, it is followed as before', async () => {
    rig.hub.protocolVersion = 2
    await acknowledged(50)
    rig.hub.restoreTo(20)
    await rig.clock.until(() => rig.hub.log.length === 50)
    await rig.untilAcked(50)
  })

  it('[TRN15] a hub that is renewed begins its first epoch without anything being sent twice', async () => {
    rig.hub.protocolVersion = 2
    await acknowledged(50)
    rig.hub.protocolVersion = 3
    rig.hub.cut()
    rig.journal.appendSales(1)
    await rig.untilAcked(51)
    expect(rig.hub.batches.flat()).toEqual(sequence(51))
  })

  it.each([
    ['acknowledges what was not sent', { ackedSeq: 900 }],
    ['judges a record that is not in the batch', { verdicts: [{ seq: 900, verdict: 'conflict' as const }] }],
  ])('[TRN15] a hub that %s is not believed, and not asked again at once', async (_what, untruth) => {
    for (let i = 0; i < 200; i++) rig.hub.untruths.push(untruth)
    rig.journal.appendSales(3)
    await rig.start()
    await rig.clock.advance(600_000)
    expect(rig.hub.hellos).toBeGreaterThan(3)
    expect(rig.hub.hellos).toBeLessThan(12)
    expect(rig.engine.status().ackedSeq).toBe(0)
    expect(rig.logged).toContain('warn: the hub said what cannot be; it is not believed')
    rig.hub.untruths.length = 0
    await rig.untilAcked(3)
  })

  it('[TRN15] a page of another epoch than the welcome’s ends the connection and is not kept', async () => {
    rig.hub.publish('assortment', 'I1', { storeId: 'S1', itemId: 'I1', listed: true })
    rig.hub.pulledEpoch = hubEpochSchema.parse('epoch0000009')
    await rig.start()
    await untilLink('offline')
    expect(link()).toMatchObject({ message: 'the hub answered pull in another epoch than it welcomed us in' })
    await rig.clock.advance(60_000)
    expect(rig.hub.hellos).toBeLessThan(6)
    rig.hub.pulledEpoch = null
    await untilLink('online')
    await rig.clock.advance(1_000)
    await rig.engine.close()
    expect(await rig.withStore((store) => store.feeds.assortment.of(['I1']))).toHaveLength(1)
    await rig.start()
  })
})

describe('credit', () => {
  it('[TRN14] sends nothing before the hub lets it, and then all', async () => {
    rig.hub.credit = { batches: 0, afterMs: 30_000 }
    rig.journal.appendSales(2_000)
    await rig.start()
    await untilLink('online')
    await rig.clock.advance(29_000)
    expect(rig.hub.batches).toEqual([])
    rig.hub.credits.push({ batches: 1 }, { batches: 4 })
    await rig.untilAcked(2_000)
  })

  it('[TRN14] a word of the hub in between counts from then on', async () => {
    rig.hub.credit = { batches: 0 }
    rig.journal.appendSales(10)
    await rig.start()
    await untilLink('online')
    await rig.clock.advance(5_000)
    rig.hub.push('credit', { batches: 2 })
    await rig.untilAcked(10)
    expect(rig.clock.nowMs()).toBeLessThan(Date.parse('2026-03-02T10:00:30.000Z'))
  })

  it('[TRN14] comes back when it was told to, and shows why it waits', async () => {
    rig.hub.refuseHello = 'HUB_BUSY'
    rig.hub.retryAfterMs = 120_000
    await rig.start()
    const view = await rig.untilView((v) => v.link.state === 'offline')
    expect(view.link.code).toBe('HUB_BUSY')
    await rig.clock.advance(115_000)
    expect(rig.hub.hellos).toBe(1)
    rig.hub.refuseHello = null
    await rig.clock.advance(15_000)
    expect(link().state).toBe('online')
  })
})

describe('who answers', () => {
  it('[TRN16] a sign-in page is shown as one, and the hub behind it is found without a person’s doing', async () => {
    rig.hub.up = false
    rig.probe = 'stranger'
    await rig.start()
    const view = await rig.untilView((v) => v.link.code === 'NETWORK_SIGN_IN')
    expect(view.link.state).toBe('offline')
    await rig.clock.advance(120_000)
    rig.probe = 'proxy'
    await rig.untilView((v) => v.link.code === 'PROXY_REFUSED')
    rig.probe = 'nothing'
    await rig.untilView((v) => v.link.state === 'offline' && v.link.code === undefined)
    rig.hub.up = true
    await untilLink('online')
    const { probes } = rig
    await rig.clock.advance(600_000)
    expect(rig.probes).toBe(probes)
  })

  it('[TRN16] after a sleep the hub is asked at once, whether main tells or only the clock shows it', async () => {
    await rig.start()
    await untilLink('online')
    rig.hub.heard.length = 0
    rig.engine.resumed()
    await rig.clock.advance(10)
    expect(rig.hub.heard).toEqual(['pull'])
    rig.hub.heard.length = 0
    rig.clock.setWall(rig.clock.nowMs() + 3_600_000)
    await rig.clock.advance(31_000)
    expect(rig.logged.filter((line) => line.includes('this computer slept'))).toHaveLength(2)
    expect(rig.hub.heard).toContain('pull')
    expect(link().state).toBe('online')
  })

  it('[TRN16] a line that seems up after a sleep and answers nothing is given up within seconds', async () => {
    await rig.start()
    await untilLink('online')
    await rig.clock.advance(1_000)
    rig.hub.link.request = () => new Promise(() => undefined)
    rig.engine.resumed()
    await rig.clock.advance(7_000)
    expect(link().state).toBe('online')
    await rig.clock.advance(2_000)
    expect(link().state).not.toBe('online')
  })

  it('[TRN16] after a sleep a waiting line does not wait on', async () => {
    rig.hub.up = false
    await rig.start()
    await rig.clock.advance(600_000)
    rig.hub.up = true
    rig.engine.resumed()
    await rig.clock.advance(10)
    expect(link().state).toBe('online')
  })
})

describe('the hub’s clock', () => {
  it('[TRN17] is measured with each answer that carries it, and orders nothing', async () => {
    rig.hubAheadMs = -90_000
    await rig.start()
    await untilLink('online')
    expect(rig.engine.status().clock).toMatchObject({ offsetMs: 90_000 })
    rig.hubAheadMs = 0
    for (let i = 0; i < 3; i++) {
      rig.journal.appendSales(1)
      await rig.untilAcked()
    }
    expect(rig.engine.status().clock).toMatchObject({ offsetMs: 0 })
    expect(rig.hubSeqs()).toEqual(sequence(3))
  })

  it('[TRN17] [PRC1] a price begins by the centre’s time in a store whose clock is wrong, and by its own where it is nearly right', async () => {
    const price = (priceId: string, amountMinor: number, effectiveFrom: string) => ({
      ...{ priceId, itemId: 'I1', storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom },
    })
    rig.hub.publish('items', 'I1', { itemId: 'I1', name: 'Milk', barcodes: ['4001'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
    rig.hub.publish('prices', 'a', price('a', 100, '2026-01-01T00:00:00.000Z'))
    rig.hub.publish('prices', 'b', price('b', 90, '2026-03-02T11:00:00.000Z'))
    rig.hub.publish('assortment', 'I1', { storeId: 'S1', itemId: 'I1', listed: true })
    const amount = async () => (await rig.engine.lookup('4001'))?.price.amountMinor
    rig.hubAheadMs = 3_600_000
    await rig.start()
    await untilLink('online')
    await rig.clock.until(async () => (await amount()) === 90)
    expect(rig.plu.at(-1)).toMatchObject({ entries: [{ price: { amountMinor: 90 } }] })
    rig.hub.publish('prices', 'c', price('c', 80, '2026-03-02T10:30:10.000Z'))
    rig.hubAheadMs = 20_000
    for (let i = 0; i < 3; i++) {
      rig.journal.appendSales(1)
      await rig.untilAcked()
    }
    await rig.clock.until(async () => (await amount()) === 100)
    await rig.clock.advance(Date.parse('2026-03-02T10:30:09.000Z') - rig.clock.nowMs())
    expect(await amount()).toBe(100)
    await rig.clock.advance(1_001)
    expect(await amount()).toBe(80)
  })
})
