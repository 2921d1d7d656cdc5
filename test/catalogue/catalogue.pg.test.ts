/** The catalogue from the reference ERP through PostgreSQL into every store's feeds, and the operator's own prices. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReferenceAdmin, type ReferenceAdmin } from '#demo/reference-erp/admin.ts'
import { type ReferenceErp, startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { seedItems } from '#demo/reference-erp/seed-items.ts'
import { registerCatalogueRoutes } from '#hub/api/catalogue.ts'
import { createApp, type HubApp } from '#hub/api/app.ts'
import { registerHeldPriceRoutes } from '#hub/api/held-prices.ts'
import { registerPostingRoutes } from '#hub/api/postings.ts'
import { readFeed, writeFeed } from '#hub/catalogue/feed.ts'
import { pullCatalogue, startCataloguePull } from '#hub/catalogue/pull.ts'
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import type { ErpConnector } from '#hub/posting/connector.ts'
import { createReferenceConnector } from '#hub/posting/connectors/reference/connector.ts'
import { itemSchema, priceSchema } from '#sync/contract/catalogue.ts'
import { type PostingDatabase, silent, startPostingDatabase, until } from '../posting/posting-database.ts'
import { receipt } from '../posting/receipts.ts'

const operatorToken = 'an operator of this test'
const headers = { authorization: `Bearer ${operatorToken}` }

describe('catalogue', () => {
  let database: PostingDatabase
  let dataDir: string
  let erp: ReferenceErp
  let admin: ReferenceAdmin
  let connector: ErpConnector
  let app: HubApp

  const pull = (fullEveryMs = 3_600_000) => pullCatalogue({ db: database.db, connector, log: silent, intervalMs: 1_000, fullEveryMs })
  const feed = (name: 'items' | 'prices' | 'assortment', scope: string, after = 0) => readFeed(database.db, name, scope, after, 2_000)
  const last = async (name: 'items' | 'prices' | 'assortment', scope: string): Promise<number> =>
    (await feed(name, scope)).at(-1)?.checkpoint ?? 0
  const openProblems = async () =>
    database.db.selectFrom('exception').select(['kind', 'item_id', 'owner', 'message']).where('state', '=', 'open').execute()

  beforeAll(async () => {
    database = await startPostingDatabase()
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-catalogue-'))
    erp = await startReferenceErp({ dataDir })
    admin = openReferenceAdmin(erp)
    connector = createReferenceConnector(erp)
    app = await createApp(operatorToken, silent)
    registerCatalogueRoutes(app, { db: database.db, log: silent })
    registerPostingRoutes(app, { db: database.db, log: silent })
    registerHeldPriceRoutes(app, { db: database.db, log: silent })
    await database.createStore('S042')
    await database.createStore('S043')
  })
  afterAll(async () => {
    await app?.close()
    await erp?.stop()
    await database?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('[PRC3] the first pull fills the feeds of every store with documents of the contract', async () => {
    expect(await pull()).toMatchObject({
      outcome: 'applied',
      full: true,
      applied: { items: seedItems.length, prices: seedItems.length, listings: seedItems.length, problems: 0 },
    })
    expect((await feed('items', '*')).map((entry) => itemSchema.parse(entry.document).itemId).sort()).toEqual(
      seedItems.map((item) => item.id).sort(),
    )
    for (const store of ['S042', 'S043']) {
      const prices = (await feed('prices', store)).map((entry) => priceSchema.parse(entry.document))
      expect(new Map(prices.map((price) => [price.itemId as string, price.amountMinor]))).toEqual(
        new Map(seedItems.map((item) => [item.id, item.priceMinor])),
      )
      expect(await feed('assortment', store)).toHaveLength(seedItems.length)
    }
  })

  it('[PRC3] a pull without changes writes nothing; a changed price is one new document, in force later than the old one', async () => {
    const before = await last('prices', 'S042')
    expect(await pull()).toMatchObject({ outcome: 'applied', full: false, applied: { items: 0, prices: 0, listings: 0 } })
    await admin.setPrice('SKU-001', 699)
    await pull()
    const news = (await feed('prices', 'S042', before)).map((entry) => priceSchema.parse(entry.document))
    expect(news).toMatchObject([{ itemId: 'SKU-001', amountMinor: 699 }])
    const all = (await feed('prices', 'S042'))
      .map((entry) => priceSchema.parse(entry.document))
      .filter((price) => price.itemId === 'SKU-001')
    expect(all).toHaveLength(2)
    expect(all[1]!.effectiveFrom > all[0]!.effectiveFrom).toBe(true)
  })

  it('[HUB7] a price that cannot be right becomes an exception and no document; put right, it resolves itself', async () => {
    const before = await last('prices', 'S042')
    await admin.setPrice('SKU-002', 0)
    await admin.setPrice('SKU-003', 1_950_000)
    await pull()
    expect(await feed('prices', 'S042', before)).toEqual([])
    expect((await openProblems()).map(({ kind, item_id, owner }) => [kind, item_id, owner]).sort()).toEqual([
      ['PRICE_JUMP', 'SKU-003', 'hub'],
      ['PRICE_NOT_POSITIVE', 'SKU-002', 'hub'],
    ])
    await admin.setPrice('SKU-002', 130)
    await admin.setPrice('SKU-003', 195)
    await pull()
    expect(await openProblems()).toEqual([])
    expect((await feed('prices', 'S042', before)).map((entry) => priceSchema.parse(entry.document).amountMinor)).toEqual([130])
  })

  it('[PRC11] a price of the ERP that can hardly be meant waits; a person confirms or refuses it once, and the pull asks no more', async () => {
    const author = { by: 'Ada', why: 'by the case' }
    const decide = async (id: number, verb: string) =>
      (await app.inject({ headers, method: 'POST', url: `/v1/catalogue/held/${id}/${verb}`, payload: author })).statusCode
    const held = async () => (await app.inject({ headers, url: '/v1/catalogue/held' })).json().held as { heldId: number; itemId: string }[]
    const before = await last('prices', 'S042')
    await admin.setPrice('SKU-008', 100_000)
    await admin.setPrice('SKU-009', 0)
    await admin.setPrice('SKU-010', 100_000)
    await pull()
    await pull(0)
    const open = await held()
    expect(open.map(({ itemId }) => itemId).toSorted()).toEqual(['SKU-008', 'SKU-009', 'SKU-010'])
    expect(await feed('prices', 'S042', before)).toEqual([])
    const idOf = (itemId: string): number => open.find((each) => each.itemId === itemId)?.heldId ?? 0
    expect([await decide(idOf('SKU-008'), 'accept'), await decide(idOf('SKU-009'), 'accept')]).toEqual([200, 200])
    expect([await decide(idOf('SKU-010'), 'reject'), await decide(idOf('SKU-010'), 'accept'), await decide(999, 'accept')]).toEqual([
      200, 409, 404,
    ])
    for (const store of ['S042', 'S043'])
      expect((await feed('prices', store, before)).map(({ document }) => priceSchema.parse(document).amountMinor)).toEqual([100_000, 0])
    expect(await openProblems()).toEqual([])
    await pull(0)
    expect([await openProblems(), await held()]).toEqual([[], []])
    for (const { id, priceMinor } of seedItems.slice(7, 10)) await admin.setPrice(id, priceMinor)
    await pull()
    expect((await held()).map(({ itemId }) => itemId)).toEqual(['SKU-008'])
    await admin.setPrice('SKU-008', 100_000)
    await pull()
    expect([await openProblems(), await held()]).toEqual([[], []])
  })

  it('[HUB7] an item that cannot be read is left as it was and shown', async () => {
    await admin.changeItem('SKU-004', { barcodes: ['with space '] })
    await pull(0)
    expect((await openProblems()).map(({ kind, item_id }) => [kind, item_id])).toEqual([['ITEM_UNREADABLE', 'SKU-004']])
    expect((await feed('assortment', 'S042')).find((entry) => entry.id === 'SKU-004')?.document).toMatchObject({ listed: true })
    await admin.changeItem('SKU-004', { barcodes: [seedItems[3]!.barcode] })
    await pull()
    expect(await openProblems()).toEqual([])
  })

  it('[PRC3] an item that is not sold any more leaves the assortment', async () => {
    await admin.changeItem('SKU-005', { sellable: false })
    await pull()
    expect((await feed('assortment', 'S043')).find((entry) => entry.id === 'SKU-005')?.document).toMatchObject({ listed: false })
  })

  it('[OPS2] an older answer never overwrites the newer one of another hub', async () => {
    await admin.setPrice('SKU-006', 320)
    const before = await last('prices', 'S042')
    let heard: () => void = () => undefined
    let release: () => void = () => undefined
    const hasHeard = new Promise<void>((resolve) => (heard = resolve))
    const released = new Promise<void>((resolve) => (release = resolve))
    const slow: ErpConnector = {
      ...connector,
      async pullItems(cursor) {
        const answer = await connector.pullItems(cursor)
        heard()
        await released
        return answer
      },
    }
    const late = pullCatalogue({ db: database.db, connector: slow, log: silent, intervalMs: 1_000 })
    await hasHeard
    await admin.setPrice('SKU-006', 330)
    expect(await pull()).toMatchObject({ outcome: 'applied', applied: { prices: 1 } })
    release()
    expect(await late).toEqual({ outcome: 'overtaken' })
    expect((await feed('prices', 'S042', before)).map((entry) => priceSchema.parse(entry.document).amountMinor)).toEqual([330])
  })

  it('[OPS2] several hubs pulling at once change nothing twice', async () => {
    await admin.setPrice('SKU-006', 310)
    const before = await last('prices', 'S042')
    await Promise.all(Array.from({ length: 5 }, () => pull()))
    expect(await feed('prices', 'S042', before)).toHaveLength(1)
  })

  it('[HUB10] an ERP that is away leaves the catalogue as it is', async () => {
    await admin.setTemper({ down: true })
    expect(await pull()).toMatchObject({ outcome: 'unavailable' })
    await admin.setTemper({ down: false })
    expect(await pull()).toMatchObject({ outcome: 'applied' })
  })

  it('[PRC3] a new store is found and filled by the running pull, and publishing again changes nothing', async () => {
    const pulling = startCataloguePull({ db: database.db, connector, log: silent, intervalMs: 50 })
    try {
      await database.createStore('S044')
      await until(
        () => feed('prices', 'S044'),
        (entries) => entries.length === seedItems.length,
      )
      const known = new Map(
        (await feed('prices', 'S044'))
          .map((entry) => priceSchema.parse(entry.document))
          .map((price) => [price.itemId as string, price.amountMinor]),
      )
      expect(known.get('SKU-001')).toBe(699)
      expect((await feed('assortment', 'S044')).find((entry) => entry.id === 'SKU-005')?.document).toMatchObject({ listed: false })
      const before = [await last('items', '*'), await last('prices', 'S044'), await last('assortment', 'S044')]
      await database.db.transaction().execute((trx) => publishCatalogueToStore(trx, 'S044'))
      expect([await last('items', '*'), await last('prices', 'S044'), await last('assortment', 'S044')]).toEqual(before)
    } finally {
      await pulling.stop()
    }
  })

  it('[PRC3] checkpoints are gapless and in commit order under many writers', async () => {
    const price = (n: number) =>
      priceSchema.parse({
        priceId: `p${n}`,
        itemId: 'SKU-001',
        storeId: 'S042',
        amountMinor: n,
        currency: 'EUR',
        effectiveFrom: '2026-01-01T00:00:00.000Z',
      })
    const seen: number[][] = []
    let after = 0
    let writing = true
    const reading = (async () => {
      while (writing || (await readFeed(database.db, 'prices', 'race', after, 10)).length > 0) {
        const entries = await readFeed(database.db, 'prices', 'race', after, 10)
        if (entries.length > 0) seen.push(entries.map((entry) => entry.checkpoint))
        after = entries.at(-1)?.checkpoint ?? after
      }
    })()
    await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        database.db.transaction().execute((trx) =>
          writeFeed(
            trx,
            'prices',
            'race',
            [1, 2, 3, 4, 5].map((n) => price(writer * 5 + n)),
          ),
        ),
      ),
    )
    writing = false
    await reading
    expect(seen.flat()).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('[PRC1] the operator sets a price from a day on: once, idempotent by its id, refused where it makes no sense', async () => {
    const body = {
      priceId: 'summer-1',
      itemId: 'SKU-007',
      storeId: 'S042',
      amountMinor: 350,
      currency: 'EUR',
      effectiveFrom: '2027-06-01T00:00:00.000Z',
      effectiveTo: '2027-07-01T00:00:00.000Z',
    }
    const post = async (payload: object) => (await app.inject({ headers, method: 'POST', url: '/v1/prices', payload })).statusCode
    const before = await last('prices', 'S042')
    expect(await post(body)).toBe(201)
    expect(await post(body)).toBe(200)
    expect(await post({ ...body, amountMinor: 351 })).toBe(409)
    expect((await feed('prices', 'S042', before)).map((entry) => entry.document)).toEqual([body])
    expect(await post({ ...body, priceId: 'x', storeId: 'S999' })).toBe(404)
    expect(await post({ ...body, priceId: 'x', itemId: 'NOSUCH' })).toBe(404)
    expect(await post({ ...body, priceId: 'x', currency: 'SEK' })).toBe(422)
    expect(await post({ ...body, priceId: 'free', amountMinor: 0, effectiveFrom: '2027-06-02T00:00:00.000Z' })).toBe(202)
    expect(await post({ ...body, priceId: 'erp:x' })).toBe(422)
    expect(await post({ ...body, priceId: 'x', effectiveTo: '2027-05-01T00:00:00.000Z' })).toBe(422)
    expect(await post({ ...body, priceId: 'x', amountMinor: 1.5 })).toBe(422)
  })

  it('the API lists items, prices, changes and postings', async () => {
    const get = async (url: string) => (await app.inject({ headers, url })).json()
    expect((await get(`/v1/items?barcode=${seedItems[0]!.barcode}`)).items).toMatchObject([{ itemId: 'SKU-001' }])
    expect((await get('/v1/items?after=SKU-018&limit=1')).items).toMatchObject([{ itemId: 'SKU-019' }])
    expect((await get('/v1/prices?storeId=S042&itemId=SKU-001')).prices[0]).toMatchObject({ amountMinor: 699 })
    expect((await get('/v1/catalogue/changes?feed=prices&storeId=S042&limit=1')).changes).toMatchObject([{ id: 'summer-1', scope: 'S042' }])
    await database.queue('reference', [receipt([{ itemId: 'SKU-001', quantityMilli: 1_000, unitPriceMinor: 699 }], { number: 1 })])
    const { counts, postings } = await get('/v1/postings?state=waiting&storeId=S042')
    expect(counts).toEqual({ waiting: 1, 'in-doubt': 0, posted: 0, held: 0 })
    expect(postings).toMatchObject([{ state: 'waiting', amountMinor: 699, connector: 'reference' }])
    const retry = async (key: string) =>
      (await app.inject({ headers, method: 'POST', url: `/v1/postings/${encodeURIComponent(key)}/retry` })).statusCode
    expect(await retry(postings[0].key)).toBe(409)
    expect(await retry('none')).toBe(404)
    await database.db.updateTable('posting').set({ state: 'held' }).execute()
    expect(await retry(postings[0].key)).toBe(202)
  })
})
