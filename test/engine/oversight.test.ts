/** How the hub looks after a store: reports, comparisons of days and feeds, support bundles. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UpEvent } from '#sync/contract/up.ts'
import { hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { partBytes } from '#sync/engine/diagnostics.ts'
import { Oversight } from './overseeing-hub.ts'
import { quarantineText, saleText } from './records.ts'
import { StoreRig } from './store-rig.ts'

let rig: StoreRig
let oversight: Oversight

const until = (holds: () => boolean, what: string): Promise<void> => rig.clock.until(holds, what)
const minutes = (n: number): number => n * 60_000
const compareNow = async (): Promise<void> => {
  const before = oversight.compared.length
  rig.hub.push('ask', { what: 'compare' })
  await until(() => oversight.compared.length > before, 'a comparison')
  await rig.clock.advance(500)
}
const sellTwoDays = (): void => {
  rig.journal.appendSales(3)
  rig.journal.append(quarantineText('http'), 'quarantine')
  rig.journal.appendSales(2)
  for (let i = 7; i <= 9; i++) rig.journal.append(saleText(i).replace('2026-03-02', '2026-03-03'))
}
const online = async (): Promise<void> => {
  await rig.start()
  await until(() => rig.engine.status().link.state === 'online', 'the line')
  await rig.untilAcked()
}

beforeEach(() => {
  rig = new StoreRig()
  oversight = new Oversight(rig.hub)
})
afterEach(() => rig.engine.close())

describe('the days', () => {
  it('[TRN22] are compared by spans, count, digest and totals every few minutes; what agreed and did not grow is not asked again', async () => {
    sellTwoDays()
    await online()
    await until(() => oversight.compared.length > 0, 'the first comparison')
    expect(rig.clock.nowMs() - Date.parse('2026-03-02T10:00:00.000Z')).toBeLessThan(minutes(5))
    expect(oversight.compared[0]?.days.map((d) => [d.businessDay, d.spans, d.count, d.totals])).toEqual([
      ['2026-03-03', [{ fromSeq: 7, toSeq: 9 }], 3, [{ currency: 'EUR', count: 3, grandMinor: 300 }]],
      [
        '2026-03-02',
        [
          { fromSeq: 1, toSeq: 3 },
          { fromSeq: 5, toSeq: 6 },
        ],
        5,
        [{ currency: 'EUR', count: 5, grandMinor: 500 }],
      ],
    ])
    const view = await rig.untilView((v) => v.sync?.compared !== undefined)
    expect(view.sync?.compared).toMatchObject({ days: 2, differing: [] })
    await rig.clock.advance(minutes(4))
    await until(() => oversight.compared.length > 1, 'the next comparison')
    expect(oversight.compared[1]?.days.map((d) => d.businessDay)).toEqual(['2026-03-03'])
    rig.journal.append(saleText(10))
    await rig.untilAcked()
    await rig.clock.advance(minutes(4))
    await until(() => oversight.compared.length > 2, 'one more comparison')
    expect(oversight.compared[2]?.days.map((d) => d.businessDay)).toEqual(['2026-03-03', '2026-03-02'])
    expect(oversight.repairs).toEqual([])
  })
  it('[TRN22] what the log lacks is sent again and nothing else, and is compared once more', async () => {
    sellTwoDays()
    await online()
    for (const seq of [2, 5, 8]) oversight.lost.add(seq)
    await compareNow()
    expect(oversight.repairs).toEqual([[8], [2], [5]])
    expect(oversight.lost.size).toBe(0)
    expect(oversight.compared.slice(1).map((c) => c.days.map((d) => d.businessDay))).toEqual([['2026-03-03'], ['2026-03-02']])
    expect((await rig.untilView((v) => v.sync?.compared !== undefined)).sync?.compared).toMatchObject({ days: 2, differing: [] })
  })
  it('[TRN22] a thousand lost records travel in pages, in several rounds where the hub names no more at once', async () => {
    rig.journal.appendSales(1_200)
    await online()
    for (let seq = 100; seq < 1_150; seq++) oversight.lost.add(seq)
    await compareNow()
    await until(() => oversight.lost.size === 0, 'the repair')
    expect(oversight.repairs.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_050 }, (_, i) => 100 + i))
  })
  it('[TRN22] what differs is never sent, and is shown until it agrees', async () => {
    sellTwoDays()
    await online()
    oversight.altered.add(3)
    await compareNow()
    expect((await rig.untilView((v) => v.sync?.compared !== undefined)).sync?.compared?.differing).toEqual(['2026-03-02'])
    await compareNow()
    expect(oversight.repairs).toEqual([])
    expect(rig.logged.filter((l) => l === 'error: store and hub do not have the same of a business day')).toHaveLength(1)
    oversight.altered.clear()
    await compareNow()
    expect((await rig.untilView((v) => v.sync?.compared?.differing.length === 0)).sync?.compared?.days).toBe(2)
  })
  it('[TRN22] a hub that takes a repair and still lacks it is not sent it for ever', async () => {
    sellTwoDays()
    await online()
    oversight.lost.add(2)
    oversight.isDeaf = true
    await compareNow()
    expect(oversight.repairs).toEqual([[2]])
    expect((await rig.untilView((v) => v.sync?.compared !== undefined)).sync?.compared?.differing).toEqual(['2026-03-02'])
  })
  it('[TRN22] are compared as far as they are acknowledged, while more is on its way', async () => {
    sellTwoDays()
    await online()
    rig.hub.push('credit', { batches: 0, afterMs: 600_000 })
    rig.journal.append(saleText(10).replace('2026-03-02', '2026-03-03'))
    await until(() => rig.engine.status().headSeq === 10, 'the copy')
    await compareNow()
    expect(oversight.compared[0]?.days[0]).toMatchObject({ businessDay: '2026-03-03', count: 3, spans: [{ fromSeq: 7, toSeq: 9 }] })
    expect(rig.engine.status().ackedSeq).toBe(9)
  })
  it('[TRN22] all are compared anew after a welcome in a new epoch', async () => {
    sellTwoDays()
    await online()
    await compareNow()
    rig.hub.epoch = hubEpochSchema.parse('ffffffffffff')
    const before = oversight.compared.length
    rig.hub.cut()
    await until(() => oversight.compared.length > before, 'the comparison in the new epoch')
    expect(oversight.compared.at(-1)?.days.map((d) => d.businessDay)).toEqual(['2026-03-03', '2026-03-02'])
  })
  it('[TRN22] an answer about other days counts for nothing', async () => {
    sellTwoDays()
    await online()
    rig.hub.scripts.compareDays = () => ({ outcome: 'compared', days: [] })
    rig.hub.push('ask', { what: 'compare' })
    await until(() => rig.logged.includes('warn: the hub answered about other days than it was asked'), 'the warning')
    expect(rig.views.at(-1)?.sync?.compared).toBeUndefined()
  })
})

describe('the feeds', () => {
  const item = (n: number) => ({
    // Not in the schema's order, as a hub may write it.
    ...{ taxCode: 'A', name: `Café ${n}`, itemId: `I${n}`, taxRateMicro: 70_000 },
    ...{ barcodes: [`${4_000_000 + n}`], unit: 'each' },
  })
  const fill = (count: number): void => {
    rig.hub.feeds.set(
      'items',
      Array.from({ length: count }, (_, i) => ({ id: `I${i + 1}`, checkpoint: i + 1, deleted: false, document: item(i + 1) })),
    )
  }
  const entries = () => rig.hub.feeds.get('items') ?? []
  const stored = () => rig.withStore((store) => store.feeds.items.all())
  const loaded = async (): Promise<void> => {
    await online()
    await rig.clock.advance(2_000)
  }
  const compareFeeds = async (): Promise<void> => {
    const before = oversight.comparedFeeds.length
    // Whoever is not at the hub is not asked.
    await until(() => rig.engine.status().link.state === 'online', 'the line')
    rig.hub.push('ask', { what: 'compare' })
    await until(() => oversight.comparedFeeds.length > before, 'a comparison')
    await rig.clock.advance(2_000)
  }

  it('[TRN23] agree by their digests, whatever the order of a document’s keys, and nothing is read again', async () => {
    fill(2_000)
    rig.hub.publish('items', 'I7', item(7))
    rig.hub.publish('items', 'I8', null, true)
    rig.hub.publish('items', 'I9', { itemId: 'I9', colour: 'of a newer version' })
    await loaded()
    const pulledAfter: number[] = []
    const answer = rig.hub.answer.bind(rig.hub)
    rig.hub.answer = (event: UpEvent, message) => {
      const { feed, after } = message as { feed: string; after: number }
      if (event === 'pull' && feed === 'items') pulledAfter.push(after)
      return answer(event, message)
    }
    await compareFeeds()
    expect(oversight.comparedFeeds.map((c) => [c.feed, c.ranges.length])).toEqual([['items', 1]])
    expect(rig.logged.filter((l) => l.includes('read again'))).toEqual([])
    expect(new Set(pulledAfter)).toEqual(new Set([2_003]))
  })
  it('[TRN23] a document that changed, one that is missing and one too many are put right, and only their ranges are read again', async () => {
    fill(5_000)
    await loaded()
    const changed = { ...item(300), name: 'Another name' }
    rig.hub.feeds.set(
      'items',
      entries()
        .filter((e) => e.id !== 'I4000')
        .map((e) => (e.id === 'I300' ? { ...e, document: changed } : e)),
    )
    await compareFeeds()
    expect(rig.logged.filter((l) => l === 'warn: a part of the catalogue differed from the hub’s and was read again')).toHaveLength(2)
    await rig.engine.close()
    const docs = new Map((await stored()).map((doc) => [doc.id, doc.document]))
    expect([docs.size, docs.get('I300'), docs.has('I4000')]).toEqual([4_999, changed, false])
    await rig.restart()
    await rig.untilAcked()
    await rig.clock.advance(2_000)
    rig.logged.length = 0
    await compareFeeds()
    expect(rig.logged.filter((l) => l.includes('read again'))).toEqual([])
  })
  it('[TRN23] a store that lost most of a feed reads it again in one go', async () => {
    fill(3_000)
    await loaded()
    await rig.engine.close()
    await rig.withStore(async (store) => store.feeds.items.remove(Array.from({ length: 2_500 }, (_, i) => `I${i + 1}`)))
    await rig.start()
    await compareFeeds()
    expect(oversight.comparedFeeds.map((c) => c.ranges.length)).toEqual([1, 64])
    await rig.engine.close()
    expect(await stored()).toHaveLength(3_000)
    await rig.start()
  })
  it('[TRN23] a document that the hub moves on meanwhile is not removed', async () => {
    fill(1_000)
    await loaded()
    const answer = rig.hub.answer.bind(rig.hub)
    let hasMoved = false
    rig.hub.answer = (event: UpEvent, message) => {
      if (event === 'compareFeed' && !hasMoved) {
        hasMoved = true
        // Nobody pokes: the store does not know yet.
        const moved = { id: 'I500', checkpoint: 1_001, deleted: false, document: { ...item(500), name: 'Moved on' } }
        rig.hub.feeds.set('items', [...entries().filter(({ id }) => id !== 'I500'), moved])
      }
      return answer(event, message)
    }
    await compareFeeds()
    expect(await rig.engine.lookup('none')).toBeNull()
    await rig.engine.close()
    const doc = (await stored()).find(({ id }) => id === 'I500')
    expect([doc?.checkpoint, doc?.document['name']]).toEqual([1_001, 'Moved on'])
    await rig.start()
  })
})

describe('reports', () => {
  it('[OPS5] say what is pending, the journal, the disk, versions and feeds, soon after the welcome and when asked', async () => {
    sellTwoDays()
    rig.agent.told = { ...rig.agent.told, missingRecords: 2, openExceptions: 3 }
    await online()
    await until(() => oversight.reports.length === 1, 'the first report')
    expect(oversight.reports[0]).toMatchObject({
      ...{ agentVersion: '0.1.0', platform: 'Linux 6.1 x64', openExceptions: 3, quarantined: 1, parkedDocuments: 0, uptimeSeconds: 60 },
      journal: { incarnation: 'aaaaaaaaaaaa', seq: 9, ackedSeq: 9, missingRecords: 2 },
      ...{ pending: { count: 0 }, disk: { state: 'roomy', freeBytes: 90_000_000_000 } },
      traffic: { open: ['urgent', 'routine', 'bulk'] },
    })
    rig.hub.push('ask', { what: 'report' })
    await until(() => oversight.reports.length === 2, 'the report that was asked for')
  })
  it('[OPS5] come when something changes, else every five minutes: an idle store spends a few bytes a minute on it', async () => {
    rig.journal.appendSales(5)
    await online()
    await until(() => oversight.reports.length === 1, 'the first report')
    let bytes = 0
    const answer = rig.hub.answer.bind(rig.hub)
    rig.hub.answer = (event: UpEvent, message) => {
      const response = answer(event, message)
      if (event !== 'pull') bytes += JSON.stringify([event, message]).length + JSON.stringify([response]).length + 16
      return response
    }
    await rig.clock.advance(minutes(60))
    const reports = oversight.reports.length - 1
    expect(reports).toBeGreaterThanOrEqual(9)
    expect(reports).toBeLessThanOrEqual(13)
    expect(bytes / 60).toBeLessThan(300)
    rig.agent.told = { ...rig.agent.told, disk: { state: 'low', freeBytes: 900_000_000 } }
    const before = rig.clock.nowMs()
    await until(() => oversight.reports.at(-1)?.disk.state === 'low', 'the report of the disk')
    expect(rig.clock.nowMs() - before).toBeLessThanOrEqual(76_000)
  })
  it('[OPS5] one follows within seconds when a refusal has ended, and names it', async () => {
    rig.hub.refuseHello = 'WRONG_STORE'
    await rig.start()
    await until(() => rig.engine.status().link.state === 'refused', 'the refusal')
    rig.hub.refuseHello = null
    await until(() => rig.engine.status().link.state === 'online', 'the end of it')
    await rig.clock.advance(5_000)
    expect(oversight.reports[0]?.lastRefusal?.code).toBe('WRONG_STORE')
  })
  it('[TRN12] [OPS5] nothing of this is said to a hub that speaks an older protocol', async () => {
    rig.hub.protocolVersion = 2
    sellTwoDays()
    await online()
    await rig.clock.advance(minutes(70))
    rig.hub.push('ask', { what: 'compare' })
    await rig.clock.advance(minutes(1))
    expect([oversight.reports, oversight.compared, oversight.comparedFeeds]).toEqual([[], [], []])
    expect(rig.engine.status().link.state).toBe('online')
  })
})

describe('support bundles', () => {
  const requestId = 'diag-0001-aaaa'
  const bundle = Buffer.alloc(partBytes * 2 + 10, 7)

  it('[OPS7] a request reaches main with its reason, and nothing is sent before the manager has answered', async () => {
    await online()
    rig.hub.push('ask', { what: 'diagnostics', requestId, reason: 'prices arrive late' })
    await until(() => rig.agent.requests.length === 1, 'the request')
    expect(rig.agent.requests).toEqual([{ requestId, reason: 'prices arrive late' }])
    await rig.clock.advance(minutes(10))
    expect(oversight.diagnostics).toEqual([])
    expect(await rig.engine.sendDiagnostics({ requestId, bundle: null })).toEqual({ outcome: 'sent' })
    expect(oversight.diagnostics).toEqual([{ requestId, answer: 'declined' }])
  })
  it('[OPS7] goes in parts, and after a lost answer on from the part that was not taken', async () => {
    await online()
    const send = () => rig.engine.sendDiagnostics({ requestId, bundle: bundle.toString('base64') })
    rig.hub.scripts.diagnostics = ((inner) => (message) => {
      if (oversight.diagnostics.length === 1) oversight.lostAnswers = 1
      return inner?.(message) ?? null
    })(rig.hub.scripts.diagnostics)
    expect(await send()).toEqual({ outcome: 'not-sent' })
    await until(() => rig.hub.hellos === 2 && rig.engine.status().link.state === 'online', 'the line')
    expect(await send()).toEqual({ outcome: 'sent' })
    const parts = oversight.diagnostics.flatMap((m) => (m.answer === 'granted' ? [m] : []))
    expect(parts.map((m) => [m.part, m.parts, m.bytes.length])).toEqual([
      [1, 3, partBytes],
      [2, 3, partBytes],
      [2, 3, partBytes],
      [3, 3, 10],
    ])
    expect(Buffer.concat([0, 2, 3].map((i) => parts[i]?.bytes ?? new Uint8Array())).equals(bundle)).toBe(true)
  })
  it('[OPS7] waits while there is no line', async () => {
    rig.hub.up = false
    await rig.start()
    expect(await rig.engine.sendDiagnostics({ requestId, bundle: null })).toEqual({ outcome: 'not-sent' })
  })
})
