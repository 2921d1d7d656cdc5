/** The shipped engine page in Chromium, on IndexedDB on disk: rebuild after a wipe, restart, strict durability. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EnginePages, type EnginePage } from './engine-page.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { MemoryJournal, quarantineText } from './records.ts'
import { ScriptedHub } from './scripted-hub.ts'
import { serveScriptedHub, type SocketHub } from './socket-hub.ts'
import { identity } from './store-rig.ts'

let pages: EnginePages
let page: EnginePage
let hub: ScriptedHub
let server: SocketHub
let journal: MemoryJournal

beforeAll(async () => {
  pages = await EnginePages.open()
})
afterAll(() => pages.close())
beforeEach(async () => {
  journal = new MemoryJournal(`${Math.random().toString(36).slice(2)}000000000000`.slice(0, 12))
  hub = new ScriptedHub()
  server = await serveScriptedHub(hub)
})
afterEach(async () => {
  await page.close()
  await server.close()
})

const launch = async (keeper?: MemoryKeeper): Promise<void> => {
  page = await pages.launch({
    ...{ journal, ...(keeper ? { keeper, skipsTime: true } : {}) },
    configuration: { hubUrl: server.url, identity, agentVersion: '0.1.0' },
    sign: (text) => Promise.resolve(`signed-${text.length}`),
  })
}
const recordRows = async () =>
  (await page.rows('records'))
    .filter((r) => String(r['id']).startsWith(journal.incarnation))
    .map(({ id, kind, record, tally }) => ({ id, kind, record, tally }))
const keptSeqs = async (): Promise<number[]> => (await recordRows()).map((r) => (r.record as { seq: number }).seq)
const sequence = (length: number): number[] => Array.from({ length }, (_, i) => i + 1)

describe('engine page in Chromium', () => {
  it('[CAP2] after IndexedDB was wiped, the journal gives the same records again and the hub gets each once', async () => {
    journal.appendSales(1_100)
    journal.append(quarantineText('drop/a.xml'), 'quarantine')
    await launch()
    await page.untilView((v) => v.counts.atHub === 1_100 && v.pending.count === 0)
    const before = await recordRows()
    expect(before).toHaveLength(1_101)
    expect(before.map((r) => r.record)).toEqual(journal.records)
    await page.close()
    await pages.wipeIndexedDb()
    await launch()
    const view = await page.untilView((v) => v.counts.captured === 1_100 && v.pending.count === 0)
    expect(view.quarantine).toHaveLength(1)
    expect(await recordRows()).toEqual(before)
    expect(hub.log.map((r) => r.seq)).toEqual(sequence(1_101))
  })

  it('[TRN1] a restart keeps records and watermark and sends nothing twice', async () => {
    journal.appendSales(30)
    await launch()
    await page.untilView((v) => v.counts.atHub === 30)
    await page.close()
    hub.up = false
    await launch()
    const offline = await page.untilView((v) => v.counts.captured === 30)
    expect(offline).toMatchObject({ counts: { atHub: 30 }, pending: { count: 0 } })
    hub.up = true
    journal.appendSales(1)
    await page.request('sync.now', null)
    await page.untilView((v) => v.counts.atHub === 31)
    expect(hub.batches.flat()).toEqual(sequence(31))
  })

  it('[CAP2] [JNL5] a wiped database is filled from a pruned journal, shown while it fills, and ages with the journal', async () => {
    const keeper = new MemoryKeeper(() => journal)
    journal.appendSales(20_000)
    hub.log.push(...journal.records.slice(0, 19_000))
    hub.judge.set(19_500, { verdict: 'conflict' })
    journal.prunedSeq = 4_000
    await launch(keeper)
    await page.untilView((v) => v.counts.captured === 16_000 && v.pending.count === 0)
    const progress = page.views.flatMap((v) => v.rebuild ?? [])
    expect(progress.length).toBeGreaterThan(0)
    expect(new Set(progress.map((r) => r.total))).toEqual(new Set([16_000]))
    expect(page.views.at(-1)?.rebuild).toBeUndefined()
    expect(await keptSeqs()).toEqual(sequence(20_000).slice(4_000))
    expect(keeper.told.map((t) => t.ackedSeq)).toContain(20_000)
    journal.prunedSeq = 19_600
    await page.skipTime(61_000)
    await page.untilView((v) => v.counts.captured === 400)
    expect(await keptSeqs()).toEqual(sequence(20_000).slice(19_600))
    expect(await page.rows('verdicts')).toEqual([])
    journal.appendSales(1)
    await page.untilView((v) => v.counts.atHub === 401)
    expect(hub.log.map((r) => r.seq)).toEqual(sequence(20_001))
    expect((await page.writes()).lax).toBe(0)
  })

  it('[CAP2] every write to IndexedDB asks for strict durability', async () => {
    journal.appendSales(3)
    hub.publish('items', 'I1', { itemId: 'I1', name: 'Milk', barcodes: ['4001'], unit: 'each', taxCode: 'A', taxRateMicro: 0 })
    hub.publish('prices', 'P1', {
      priceId: 'P1',
      itemId: 'I1',
      storeId: 'S1',
      amountMinor: 99,
      currency: 'EUR',
      effectiveFrom: '2026-01-01T00:00:00.000Z',
    })
    hub.publish('assortment', 'I1', { storeId: 'S1', itemId: 'I1', listed: true })
    await launch()
    await page.untilView((v) => v.counts.atHub === 3 && v.priceChanges.length === 1)
    const writes = await page.writes()
    expect(writes.strict).toBeGreaterThan(5)
    expect(writes.lax).toBe(0)
    expect(await page.request('items.lookup', { barcode: '4001' })).toMatchObject({ price: { amountMinor: 99 } })
    await expect(page.request('items.lookup', { barcode: '' })).rejects.toThrow()
    expect(page.logged.filter((line) => line.startsWith('error'))).toEqual([])
  })
})
