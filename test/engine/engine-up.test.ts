/** The way up: the real engine in Node, a journal in memory, a hub that misbehaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryJournal, quarantineText, saleText } from './records.ts'
import { StoreRig } from './store-rig.ts'

const sequence = (length: number): number[] => Array.from({ length }, (_, i) => i + 1)

let rig: StoreRig

beforeEach(() => {
  rig = new StoreRig()
})
afterEach(() => rig.engine.close())

describe('the way up', () => {
  it('[CAP2] [TRN1] copies the journal and sends it in order, then each append at once', async () => {
    rig.journal.appendSales(1_200)
    await rig.start()
    await rig.untilAcked(1_200)
    rig.journal.append(saleText(1_201))
    await rig.untilAcked(1_201)
    expect(rig.hubSeqs()).toEqual(sequence(1_201))
    expect(rig.hub.log.map((r) => r.payloadHash)).toEqual(rig.journal.records.map((r) => r.payloadHash))
  })

  it('[CAP12] works with no hub: look-ups, view and status, and sends when one appears', async () => {
    rig.hub.up = false
    rig.journal.appendSales(5)
    await rig.start()
    const view = await rig.untilView((v) => v.counts.captured === 5 && v.link.state === 'offline')
    expect(view.pending).toEqual({ count: 5, oldestCapturedAt: '2026-03-02T10:00:00.000Z' })
    expect(view.transactions.map((t) => t.state)).toEqual(Array(5).fill('captured'))
    expect(await rig.engine.lookup('4000')).toBeNull()
    rig.hub.up = true
    await rig.untilAcked(5)
  })

  it('[TRN5] [TRN10] survives lost requests, lost answers, halves, gaps and transient refusals', async () => {
    rig.journal.appendSales(3_000)
    rig.hub.batchFaults.push('lose-answer', 'half', 'gap', 'lose-request', 'HUB_UNAVAILABLE', 'lose-answer')
    await rig.start()
    await rig.untilAcked(3_000)
    expect(rig.hub.batchFaults).toEqual([])
    expect(rig.hubSeqs()).toEqual(sequence(3_000))
  })

  it('[TRN3] [TRN7] keeps the verdict of a poison record, also when its answer was lost, and moves on', async () => {
    rig.hub.judge.set(2, { verdict: 'quarantined', reason: 'INVALID: no such kind' })
    rig.hub.batchFaults.push('lose-answer')
    rig.journal.appendSales(3)
    await rig.start()
    await rig.untilAcked(3)
    const view = await rig.untilView((v) => v.counts.atHub === 3)
    expect(view.transactions.map((t) => [t.sequenceNumber, t.state, t.reason])).toEqual([
      [3, 'at-hub', undefined],
      [2, 'held', 'INVALID: no such kind'],
      [1, 'at-hub', undefined],
    ])
  })

  it('[TRN1] a restart keeps the watermark and sends nothing twice', async () => {
    rig.journal.appendSales(10)
    await rig.start()
    await rig.untilAcked(10)
    rig.hub.up = false
    await rig.restart()
    expect(rig.engine.status()).toMatchObject({ ackedSeq: 10, headSeq: 10 })
    rig.hub.up = true
    rig.journal.appendSales(1)
    await rig.untilAcked(11)
    expect(rig.hub.batches.flat()).toEqual(sequence(11))
  })

  it('[CAP2] a wiped local database is filled again and goes on from where the hub stands', async () => {
    rig.journal.appendSales(700)
    rig.journal.append(quarantineText('drop/a.xml'), 'quarantine')
    rig.hub.judge.set(650, { verdict: 'conflict' })
    await rig.start()
    await rig.untilAcked(701)
    const before = await rig.untilView((v) => v.counts.atHub === 700 && v.pending.count === 0)
    await rig.restart({ wiped: true })
    expect(rig.engine.status().ackedSeq).toBe(0)
    await rig.untilAcked(701)
    const after = await rig.untilView((v) => v.counts.atHub === 700 && v.pending.count === 0)
    expect({ ...after, link: before.link, sync: before.sync }).toEqual(before)
    expect(after.quarantine).toHaveLength(1)
    expect(rig.hubSeqs()).toEqual(sequence(701))
  })

  it('[CAP3] a new incarnation is a stream of its own; the old records stay, and what never left is named', async () => {
    rig.hub.up = false
    rig.journal.appendSales(3)
    await rig.start()
    await rig.clock.until(() => rig.engine.status().headSeq === 3)
    rig.journal = new MemoryJournal('bbbbbbbbbbbb')
    rig.journal.appendSales(2)
    rig.hub.up = true
    await rig.restart()
    await rig.untilAcked(2)
    expect(rig.hub.log.map((r) => `${r.incarnation}:${r.seq}`)).toEqual(['bbbbbbbbbbbb:1', 'bbbbbbbbbbbb:2'])
    expect(rig.logged).toContain('warn: records of a former journal never reached the hub')
  })

  it('[CAP3] refuses to send when the hub, or the local database, holds another history', async () => {
    rig.journal.appendSales(3)
    await rig.start()
    await rig.untilAcked(3)
    rig.journal = new MemoryJournal()
    rig.journal.append(saleText(99))
    await rig.restart()
    await rig.clock.until(() => rig.engine.status().link.state === 'refused')
    expect(rig.engine.status().link).toMatchObject({ code: 'JOURNAL_BEHIND' })
    await rig.restart({ wiped: true })
    await rig.clock.until(() => rig.engine.status().link.state === 'refused')
    expect(rig.hub.log).toHaveLength(3)
  })

  it('[CAP3] asks for a new incarnation when refused so, once a refusal, and not again when one has begun', async () => {
    rig.journal.appendSales(3)
    await rig.start()
    await rig.untilAcked(3)
    rig.journal = new MemoryJournal()
    rig.journal.append(saleText(99))
    await rig.restart()
    expect(rig.reincarnations).toEqual(['The local database holds this journal up to 3, further than the journal itself.'])
    await rig.restart({ wiped: true })
    await rig.clock.until(() => rig.reincarnations.length === 2)
    expect(rig.reincarnations[1]).toBe('The hub holds this journal up to 3, further than the journal itself.')
    expect(rig.logged.at(-1)).toBe('error: the journal gets no new incarnation; nothing is sent')
    rig.reincarnation = { outcome: 'begun', incarnation: new MemoryJournal('bbbbbbbbbbbb').incarnation }
    await rig.engine.syncNow()
    await rig.clock.until(() => rig.reincarnations.length === 3)
    const { hellos } = rig.hub
    await rig.engine.syncNow()
    await rig.clock.until(() => rig.hub.hellos > hellos && rig.engine.status().link.state === 'refused')
    expect(rig.reincarnations).toHaveLength(3)
  })

  it('[TRN11] shows a refusal, captures on, asks again slowly, and sends after it is lifted', async () => {
    rig.hub.refuseHello = 'REVOKED_DEVICE'
    rig.journal.appendSales(1)
    await rig.start()
    const view = await rig.untilView((v) => v.link.state === 'refused')
    expect(view.link).toMatchObject({ code: 'REVOKED_DEVICE', message: 'as told' })
    const hellos = rig.hub.hellos
    await rig.clock.advance(10_000)
    expect(rig.hub.hellos).toBe(hellos)
    rig.hub.refuseHello = null
    await rig.engine.syncNow()
    await rig.untilAcked(1)
  })

  it('[TRN9] a hub that refuses the protocol, or knows another store, is not sent to', async () => {
    rig.hub.storeId = 'S2'
    rig.journal.appendSales(1)
    await rig.start()
    await rig.clock.until(() => rig.engine.status().link.state === 'refused')
    expect(rig.engine.status().link).toMatchObject({ code: 'WRONG_STORE' })
    expect(rig.hub.batches).toEqual([])
    rig.hub.refuseHello = 'BELOW_FLOOR'
    await rig.engine.syncNow()
    await rig.clock.until(() => rig.engine.status().link.state === 'refused' && rig.hub.hellos > 1)
    expect(rig.engine.status().link).toMatchObject({ code: 'BELOW_FLOOR' })
  })

  it('[TRN8] a dismissal ends the session and says why', async () => {
    await rig.start()
    await rig.clock.until(() => rig.engine.status().link.state === 'online')
    rig.hub.push('dismiss', { code: 'REVOKED_DEVICE', message: 'revoked by the operator' })
    expect(rig.engine.status().link).toMatchObject({ state: 'refused', message: 'revoked by the operator' })
  })
})
