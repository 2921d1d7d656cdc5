/** A sale of an item that nobody has in a catalogue: through the whole hub to the reference ERP and back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReferenceAdmin } from '#demo/reference-erp/admin.ts'
import { type ReferenceErp, startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { canonicalText, naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import { receipt } from '#test/posting/receipts.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { type RunningHub, withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()
const state: { dir: string; erp?: ReferenceErp } = { dir: '' }

beforeEach(async () => {
  state.dir = await mkdtemp(join(tmpdir(), 'tideline-unknown-item-'))
  state.erp = await startReferenceErp({ dataDir: state.dir })
})
afterEach(async () => {
  await state.erp?.stop()
  await rm(state.dir, { recursive: true, force: true })
})

const hubWith = (erp: ReferenceErp, databaseUrl: string): Promise<RunningHub> =>
  startHub({
    DATABASE_URL: databaseUrl,
    TIDELINE_ERP: 'reference',
    TIDELINE_ERP_URL: erp.url,
    TIDELINE_ERP_USER: erp.user,
    TIDELINE_ERP_PASSWORD: erp.password,
    TIDELINE_ERP_DATABASE: erp.database,
    TIDELINE_CATALOGUE_INTERVAL_MS: '200',
  })

const newBarcode = '4006381333931'

it('[HUB7] [HUB10] an item that the catalogue lacks: exceptions of the hub, the posting held, the others posted; posted by a retry once the item is there', async () => {
  const erp = state.erp ?? expect.unreachable()
  const admin = openReferenceAdmin(erp)
  const { db, url } = await server.fresh()
  const hub = await hubWith(erp, url)
  const device = await enrolModelDevice(db, 'S042')
  await vi.waitFor(async () => expect((await hub.get('/v1/items')).body).toMatchObject({ items: { length: 22 } }), 10_000)

  const sale = (number: number, line: { itemId?: string; barcode?: string }): Transaction =>
    receipt([{ ...line, quantityMilli: 1_000, unitPriceMinor: 645 }], { number })
  const unknown = sale(2, { barcode: newBarcode })
  const made = [sale(1, { itemId: 'SKU-001' }), unknown, sale(3, { itemId: 'SKU-002' }), sale(4, { itemId: 'SKU-003' })]
  for (const transaction of made) device.append(canonicalText(transaction))
  const wire = hub.wire()
  await wire.hello(device)
  expect(await wire.send('batch', { records: device.journal })).toEqual({ outcome: 'acknowledged', ackedSeq: 4, verdicts: [] })

  const counts = async () => (await hub.get('/v1/postings?storeId=S042')).body
  const openExceptions = async () => (await hub.get('/v1/exceptions?state=open')).body
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ counts: { posted: 3, held: 1, waiting: 0 } }), 15_000)
  const key = naturalKeyOf(unknown)
  expect(await counts()).toMatchObject({
    postings: expect.arrayContaining([
      expect.objectContaining({ key, state: 'held', code: 'UNKNOWN_ITEM', message: expect.stringContaining(newBarcode) }),
    ]),
  })
  await vi.waitFor(async () =>
    expect(await openExceptions()).toMatchObject({
      exceptions: [
        {
          exceptionId: `UNKNOWN_ITEM:S042:gtin:0${newBarcode}`,
          kind: 'UNKNOWN_ITEM',
          owner: 'hub',
          itemId: `gtin:0${newBarcode}`,
          amountMinor: 645,
        },
        {
          exceptionId: `posting:${key}`,
          kind: 'UNKNOWN_ITEM',
          owner: 'hub',
          naturalKey: key,
          amountMinor: 645,
          action: expect.stringContaining('retry'),
        },
      ],
    }),
  )
  const told = await wire.send('pull', { feed: 'postings', after: 0, limit: 100 })
  expect(told['entries']).toContainEqual(
    expect.objectContaining({ id: key, document: expect.objectContaining({ state: 'held', reason: expect.stringContaining(newBarcode) }) }),
  )

  // Tried again before the item is there, it is held again.
  expect(await hub.post(`/v1/postings/${encodeURIComponent(key)}/retry`)).toMatchObject({ status: 202 })
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ counts: { posted: 3, held: 1, waiting: 0 } }), 15_000)

  await admin.changeItem('SKU-005', { barcodes: [newBarcode] })
  expect(await hub.post(`/v1/postings/${encodeURIComponent(key)}/retry`)).toMatchObject({ status: 202 })
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ counts: { posted: 4, held: 0, waiting: 0 } }), 15_000)
  await vi.waitFor(async () => expect(await openExceptions()).toEqual({ exceptions: [], next: null }), 10_000)
  const booked = await admin.documents()
  expect(booked.map(({ reference, complete }) => [reference, complete]).sort()).toEqual(
    made.map((each) => [naturalKeyOf(each), true]).sort(),
  )
})
