/** What every ERP connector must do, run against the ERP itself: nothing here is simulated but the broken connections. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ErpConnector, ErpUnavailable, type Posting, type PostOutcome } from '#hub/posting/connector.ts'
import { seedItems } from '#demo/reference-erp/seed-items.ts'
import { must } from '#sync/contract/assert.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { posting, receipt, type ReceiptLine, today } from './receipts.ts'
import { type FaultyWire, startFaultyWire } from './faulty-wire.ts'

export interface BookedDocument {
  reference: string
  complete: boolean
  totalMinor: number
}

export interface ErpUnderTest {
  url: string
  connect(url: string): ErpConnector
  /** The ERP's own books, all or of one reference, read past the connector. */
  documents(reference?: string): Promise<BookedDocument[]>
  setShelfPrice(itemId: string, amountMinor: number): Promise<unknown>
  /** A day that the ERP's accounts are closed for. */
  closedDay: string
  /** Books a second document with this reference, as a careless colleague would. */
  double(key: string): Promise<void>
  /** Deliveries that were due today are overdue, where the ERP plans any. */
  letDayPass?(): Promise<void>
  randomSales: number
  stop(): Promise<void>
}

/** In one go where the connector can. */
const postTogether = (connector: ErpConnector, together: readonly Posting[]): Promise<PostOutcome[]> =>
  connector.batch?.post(together) ?? Promise.all(together.map((each) => connector.post(each)))

const coffee = (quantity = 1): ReceiptLine => ({ itemId: 'SKU-001', quantityMilli: quantity * 1_000, unitPriceMinor: 645 })

export const connectorSuite = (name: string, start: () => Promise<ErpUnderTest>): void => {
  describe(`${name} connector`, () => {
    let erp: ErpUnderTest
    let wire: FaultyWire
    let connector: ErpConnector
    let number = 0
    const next = (): number => ++number
    const booked = ({ key }: Posting): Promise<BookedDocument[]> => erp.documents(key)
    const expectBookedOnce = async (made: Posting): Promise<void> =>
      expect(await booked(made)).toEqual([{ reference: made.key, complete: true, totalMinor: made.transaction.totals.grandMinor }])

    beforeAll(async () => {
      erp = await start()
      wire = await startFaultyWire(erp.url)
      connector = erp.connect(wire.url)
    })
    afterAll(async () => {
      await connector?.close()
      await wire?.close()
      await erp?.stop()
    })

    afterEach(() => wire.script(() => 'none'))

    it('answers a ping', async () => {
      expect(await connector.ping()).toMatchObject({ reachable: true })
    })

    it('[HUB5] posts a sale once, and again creates nothing', async () => {
      const sale = posting(receipt([coffee(2), { itemId: 'PLU-4011', quantityMilli: 1_237, unitPriceMinor: 195 }], { number: next() }))
      const first = await connector.post(sale)
      expect(first).toMatchObject({ outcome: 'posted', totalMinor: sale.transaction.totals.grandMinor })
      expect(await connector.post(sale)).toEqual(first)
      await expectBookedOnce(sale)
      expect(await connector.find(sale.key)).toMatchObject({ complete: true, totalMinor: sale.transaction.totals.grandMinor })
    })

    it('[STK7] reads what the ERP has: what was posted is taken off, whatever its day; what came back is added; a store it does not know is none', async () => {
      const stock = async (): Promise<Map<string, number>> =>
        new Map((await connector.readStock?.('S042'))?.map(({ itemId, quantityMilli }) => [itemId, quantityMilli]))
      await connector.post(posting(receipt([coffee(1)], { number: next() })))
      const before = await stock()
      const some: [string, number] = ['PLU-4011', 1_237]
      // Of this year: the one before may be closed.
      const [earlier = today()] = [new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10), `${today().slice(0, 4)}-01-01`]
        .toSorted()
        .toReversed()
      for (const day of [earlier, today()]) {
        const lines = [coffee(2), { itemId: some[0], quantityMilli: some[1], unitPriceMinor: 195 }]
        expect(await connector.post(posting(receipt(lines, { number: next(), day })))).toMatchObject({ outcome: 'posted' })
      }
      expect(await connector.post(posting(receipt([coffee(-1)], { number: next(), kind: 'return' })))).toMatchObject({ outcome: 'posted' })
      for (const pass of [async () => undefined, erp.letDayPass]) {
        await pass?.()
        const after = await stock()
        expect((after.get('SKU-001') ?? 0) - (before.get('SKU-001') ?? 0)).toBe(-3_000)
        expect((after.get(some[0]) ?? 0) - (before.get(some[0]) ?? 0)).toBe(-2 * some[1])
      }
      expect(await connector.readStock?.('NOWHERE')).toBe(null)
      wire.script(() => 'before')
      await expect(connector.readStock?.('S042')).rejects.toThrow(ErpUnavailable)
    })

    it('[HUB6] finds nothing where nothing was posted', async () => {
      expect(await connector.find('S042|T1|2026-01-01|999999')).toBeNull()
    })

    for (const side of ['before', 'after'] as const)
      it(`[HUB5] [HUB6] goes on from every step when the line breaks ${side} the ERP's work`, async () => {
        let breaks = 0
        for (let at = 0; ; at++) {
          const sale = posting(receipt([coffee()], { number: next() }))
          // A fresh connector logs in and asks for its master data again: those calls break as well.
          const fresh = erp.connect(wire.url)
          wire.script((index) => (index === at ? side : 'none'))
          const first = await fresh.post(sale)
          const met = wire.requests() > at
          wire.script(() => 'none')
          if (!met) {
            expect(first.outcome).toBe('posted')
            break
          }
          breaks++
          expect(['retry', 'unknown', 'posted']).toContain(first.outcome)
          await wire.settled()
          expect(await fresh.post(sale)).toMatchObject({ outcome: 'posted', totalMinor: 645 })
          await expectBookedOnce(sale)
          await fresh.close()
        }
        expect(breaks).toBeGreaterThanOrEqual(3)
      })

    it('[HUB6] says unknown, not failed, when the answer to a change is lost', async () => {
      const outcomes = new Set<string>()
      for (let at = 0; ; at++) {
        const sale = posting(receipt([coffee()], { number: next() }))
        wire.script((index) => (index === at ? 'after' : 'none'))
        outcomes.add((await connector.post(sale)).outcome)
        if (wire.requests() <= at) break
      }
      wire.script(() => 'none')
      expect(outcomes).toContain('unknown')
      expect(outcomes).not.toContain('rejected')
    })

    it('[HUB5] posts returns and exchanges with negative lines', async () => {
      const returned = posting(receipt([coffee(-1)], { number: next(), kind: 'return' }))
      expect(await connector.post(returned)).toMatchObject({ outcome: 'posted', totalMinor: -645 })
      const exchanged = posting(
        receipt([coffee(-1), { itemId: 'SKU-002', quantityMilli: 2_000, unitPriceMinor: 125 }], { number: next(), kind: 'exchange' }),
      )
      expect(await connector.post(exchanged)).toMatchObject({ outcome: 'posted', totalMinor: -395 })
      await expectBookedOnce(returned)
      await expectBookedOnce(exchanged)
    })

    it('[HUB4] posts by barcode where the till knows no item number, and leaves voided lines out', async () => {
      const item = must(seedItems[4], 'item')
      const sale = posting(
        receipt(
          [
            { barcode: item.barcode, quantityMilli: 1_000, unitPriceMinor: item.priceMinor },
            { ...coffee(), voided: true },
          ],
          { number: next() },
        ),
      )
      expect(await connector.post(sale)).toMatchObject({ outcome: 'posted', totalMinor: item.priceMinor })
    })

    it('[HUB4] carries cash rounding, and taxes that are added to the prices', async () => {
      const rounded = posting(
        receipt([{ itemId: 'PLU-4011', quantityMilli: 1_237, unitPriceMinor: 195 }], { number: next(), roundingMinor: -1 }),
      )
      expect(await connector.post(rounded)).toMatchObject({ outcome: 'posted', totalMinor: 240 })
      const added = posting(
        receipt([{ itemId: 'SKU-001', quantityMilli: 3_000, unitPriceMinor: 516 }], { number: next(), taxIncluded: false }),
      )
      expect(await connector.post(added)).toMatchObject({ outcome: 'posted', totalMinor: 1_935 })
    })

    it('[HUB4] carries a discount on the whole receipt, and the rounding that the till states', async () => {
      const made = receipt([coffee(2), { itemId: 'PLU-4011', quantityMilli: 1_000, unitPriceMinor: 195 }], { number: next() })
      const discounts = [{ code: 'STAFF', description: 'Staff', amountMinor: 150 }]
      const grandMinor = made.totals.grandMinor - 153
      const taxMinor = Math.round((made.totals.grandMinor - 150) / 5)
      const sale = posting(
        transactionSchema.parse({
          ...made,
          discounts,
          taxes: [{ ...made.taxes[0], taxMinor }],
          totals: { netMinor: grandMinor + 3 - taxMinor, taxMinor, grandMinor, roundingMinor: -3 },
        }),
      )
      expect(await connector.post(sale)).toMatchObject({ outcome: 'posted', totalMinor: grandMinor })
      await expectBookedOnce(sale)
    })

    it('[HUB4] makes the ERP’s total equal the till’s, whatever was weighed and taken off', async () => {
      const line = fc
        .record({
          item: fc.constantFrom(...seedItems),
          quantity: fc.integer({ min: 1, max: 4_999 }),
          cut: fc.integer({ min: 0, max: 100 }),
        })
        .map(({ item, quantity, cut }): ReceiptLine => {
          const quantityMilli = item.unit === 'kg' ? quantity : Math.ceil(quantity / 1_000) * 1_000
          const gross = Math.round((quantityMilli * item.priceMinor) / 1_000)
          return { itemId: item.id, quantityMilli, unitPriceMinor: item.priceMinor, discountMinor: Math.floor((gross * cut) / 150) }
        })
      const sales = fc.sample(fc.array(line, { minLength: 1, maxLength: 8 }), { numRuns: erp.randomSales, seed: 4_711 })
      const made = sales.map((lines) => posting(receipt(lines, { number: next() })))
      for (let start = 0; start < made.length; start += 5) {
        const together = made.slice(start, start + 5)
        const outcomes = await postTogether(connector, together)
        expect(outcomes).toMatchObject(together.map((sale) => ({ outcome: 'posted', totalMinor: sale.transaction.totals.grandMinor })))
      }
      const totals = new Map((await erp.documents()).map((document) => [document.reference, document.totalMinor]))
      for (const sale of made) expect(totals.get(sale.key)).toBe(sale.transaction.totals.grandMinor)
    })

    it('[HUB10] rejects for a person what the ERP must not take, and books nothing of it', async () => {
      const unknown = posting(receipt([{ itemId: 'NOSUCH', quantityMilli: 1_000, unitPriceMinor: 100 }], { number: next() }))
      expect(await connector.post(unknown)).toMatchObject({ outcome: 'rejected', code: 'UNKNOWN_ITEM' })
      const empty = posting(receipt([{ ...coffee(), voided: true }], { number: next() }))
      expect(await connector.post(empty)).toMatchObject({ outcome: 'rejected', code: 'DOES_NOT_ADD_UP' })
      const closed = posting(receipt([coffee()], { number: next(), day: erp.closedDay }))
      expect(await connector.post(closed)).toMatchObject({ outcome: 'rejected', code: 'ERP_REJECTED' })
      const off = posting(receipt([coffee()], { number: next(), roundingMinor: 5_000 }))
      expect(await connector.post(off)).toMatchObject({ outcome: 'rejected', code: 'DOES_NOT_ADD_UP' })
      const foreign = posting(receipt([coffee()], { number: next(), currency: 'SEK' }))
      expect(await connector.post(foreign)).toMatchObject({ outcome: 'rejected', code: 'ERP_REJECTED' })
      for (const made of [unknown, empty, closed, off, foreign]) expect(await booked(made)).toEqual([])
    })

    it('[HUB5] does not choose between two documents of one reference', async () => {
      const sale = posting(receipt([coffee()], { number: next() }))
      await connector.post(sale)
      await erp.double(sale.key)
      expect(await connector.post(sale)).toMatchObject({ outcome: 'rejected', code: 'ERP_REJECTED' })
      expect(await booked(sale)).toHaveLength(2)
    })

    it('[HUB5] [HUB10] in a batch each gets its own outcome, once, whatever breaks', async () => {
      for (let at = 0; ; at += 2) {
        const done = posting(receipt([coffee(2)], { number: next() }))
        const unknown = posting(receipt([{ itemId: 'NOSUCH', quantityMilli: 1_000, unitPriceMinor: 100 }], { number: next() }))
        const fresh = [1, 2, 3].map((count) => posting(receipt([coffee(count)], { number: next() })))
        await connector.post(done)
        wire.script((index) => (index === at ? 'after' : 'none'))
        const first = await postTogether(connector, [done, unknown, ...fresh])
        const met = wire.requests() > at
        wire.script(() => 'none')
        await wire.settled()
        const second = await postTogether(connector, [done, unknown, ...fresh])
        expect(second.map(({ outcome }) => outcome)).toEqual(['posted', 'rejected', 'posted', 'posted', 'posted'])
        for (const made of [done, ...fresh]) await expectBookedOnce(made)
        expect(await booked(unknown)).toEqual([])
        if (!met) {
          expect(first).toEqual(second)
          break
        }
      }
    })

    it('[HUB10] says retry when nobody is there', async () => {
      const gone = await startFaultyWire(erp.url)
      const lonely = erp.connect(gone.url)
      await gone.close()
      const sale = posting(receipt([coffee()], { number: next() }))
      expect(await lonely.ping()).toMatchObject({ reachable: false })
      expect(await lonely.post(sale)).toMatchObject({ outcome: 'retry' })
      await expect(lonely.find(sale.key)).rejects.toThrow(ErpUnavailable)
      await expect(lonely.pullItems(undefined)).rejects.toThrow(ErpUnavailable)
    })

    it('[HUB4] pulls every item with barcodes and shelf price, then only what changed', async () => {
      const all = await connector.pullItems(undefined)
      expect(all.unreadable).toEqual([])
      const sold = all.items.map(({ item, amountMinor, currency, listed }) => ({
        id: item.itemId,
        name: item.name,
        barcodes: item.barcodes,
        amountMinor,
        currency,
        listed,
        tax: item.taxRateMicro,
      }))
      const seeded = seedItems.map((item) => ({
        id: item.id,
        name: item.name,
        barcodes: [item.barcode],
        amountMinor: item.priceMinor,
        currency: 'EUR',
        listed: true,
        tax: 250_000,
      }))
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
      expect(sold.sort(byId)).toEqual(seeded.sort(byId))
      await erp.setShelfPrice('SKU-003', 219)
      const changed = await connector.pullItems(all.cursor)
      expect(changed.items.find(({ item }) => item.itemId === 'SKU-003')?.amountMinor).toBe(219)
      await erp.setShelfPrice('SKU-003', 195)
      const back = await connector.pullItems(changed.cursor)
      expect(back.items.find(({ item }) => item.itemId === 'SKU-003')?.amountMinor).toBe(195)
    })
  })
}
