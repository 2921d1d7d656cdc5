/** Stock over HTTP at a running hub: levels, transfers on their way, why a figure is what it is, corrections. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import { settleTransfers } from '#hub/stock/transfer-watch.ts'
import { readLevels } from '#hub/stock/levels.ts'
import type { Database } from '#hub/storage/database.ts'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, receipt } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem, type DocumentChange, stockDocument } from './stocking.ts'

const server = withDatabase()
const startHub = withHubs()
const milk = receipt(1).lineItems[0]

const lines = (milli: number, itemId = 'MILK'): NonNullable<DocumentChange['lines']> => [
  { lineNumber: 1, itemId, quantityMilli: milli, unit: 'each' },
]
const write = (device: ModelDevice, change: DocumentChange) =>
  device.append(JSON.stringify(stockDocument({ storeId: device.storeId, ...change })), 'stock-document')
const sell = (device: ModelDevice, number: number, milli: number) => device.sell(number, { lineItems: [{ ...milk, quantityMilli: milli }] })
const merge = async (db: Database, ...devices: ModelDevice[]): Promise<void> => {
  for (const device of devices) await acceptBatch(db, device, device.journal)
  await drainProjection(db, stockProjection)
}
const levels = async (db: Database) =>
  (await readLevels(db, { limit: 50 })).map(({ storeId, itemId, onHandMilli, inTransitMilli }) => [
    storeId,
    itemId,
    onHandMilli,
    inTransitMilli,
  ])
const told = async (db: Database) =>
  (await db.selectFrom('exception').select(['kind', 'state']).where('kind', 'like', 'TRANSFER%').orderBy('kind').execute()).map((row) => [
    row.kind,
    row.state,
  ])
const late = Date.parse('2026-03-01T00:00:00Z')
const soon = Date.parse('2026-02-01T00:00:00Z')

it('[STK5] what left a store is on its way to the other one, apart, until it is taken in, partly or whole; what does not come out even is told and ends by itself', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  const transferIn = (documentId: string, milli: number) =>
    write(b, { documentId, documentKind: 'transfer-in', otherStoreId: 'S1', transferId: 'o1', lines: lines(milli) })
  write(a, { documentId: 'o1', documentKind: 'transfer-out', otherStoreId: 'S2', lines: lines(6_000) })
  await merge(db, a)
  expect(await levels(db)).toEqual([
    ['S1', 'MILK', -6_000, 0],
    ['S2', 'MILK', 0, 6_000],
  ])
  await settleTransfers(db, soon)
  expect(await told(db)).toEqual([])
  transferIn('i1', 4_000)
  await merge(db, b)
  expect(await levels(db)).toEqual([
    ['S1', 'MILK', -6_000, 0],
    ['S2', 'MILK', 4_000, 2_000],
  ])
  await settleTransfers(db, late)
  expect(await told(db)).toEqual([['TRANSFER_NOT_RECEIVED', 'open']])
  transferIn('i2', 2_500)
  await merge(db, b)
  await settleTransfers(db, late)
  expect(await levels(db)).toEqual([
    ['S1', 'MILK', -6_000, 0],
    ['S2', 'MILK', 6_500, 0],
  ])
  expect(await told(db)).toEqual([
    ['TRANSFER_DIFFERS', 'open'],
    ['TRANSFER_NOT_RECEIVED', 'resolved'],
  ])
  write(a, { documentId: 'o1b', documentKind: 'transfer-out', otherStoreId: 'S2', transferId: 'o1', lines: lines(500) })
  await merge(db, a)
  await settleTransfers(db, late)
  expect((await told(db))[0]).toEqual(['TRANSFER_DIFFERS', 'resolved'])
  const live = await levels(db)
  await rebuildProjection(db, stockProjection)
  expect(await levels(db)).toEqual(live)
})

it('[STK5] goods that arrive before the paper that sent them are told only when the sender had time to say so, and no more once it did', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  write(b, { documentId: 'i1', documentKind: 'transfer-in', otherStoreId: 'S1', transferId: 'o1', lines: lines(4_000) })
  await merge(db, b)
  await settleTransfers(db, soon)
  expect(await told(db)).toEqual([])
  await settleTransfers(db, late)
  expect(await told(db)).toEqual([['TRANSFER_DIFFERS', 'open']])
  write(a, { documentId: 'o1', documentKind: 'transfer-out', otherStoreId: 'S2', lines: lines(4_000) })
  await merge(db, a)
  await Promise.all([settleTransfers(db, late), settleTransfers(db, late)])
  expect(await told(db)).toEqual([['TRANSFER_DIFFERS', 'resolved']])
  expect(await levels(db)).toEqual([
    ['S1', 'MILK', -4_000, 0],
    ['S2', 'MILK', 4_000, 0],
  ])
})

it('[STK4] [STK6] over HTTP: the figure with its last count, why it is so, newest first and page by page, and a correction once', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const device = await enrolModelDevice(db)
  for (const itemId of ['MILK', 'TEA']) await addItem(db, itemId)
  sell(device, 1, 3_000)
  write(device, { documentId: 'c1', lines: lines(10_000) })
  sell(device, 2, 12_500)
  write(device, { documentId: 'r1', documentKind: 'receipt', reason: 'Monday’s lorry', lines: lines(1_000, 'TEA') })
  await acceptBatch(db, device, device.journal)
  const stock = async (query: string) => (await hub.get(`/v1/stock${query}`)).body as { stock: unknown[] }
  await vi.waitFor(async () => expect((await stock('?storeId=S1')).stock).toHaveLength(2), 10_000)
  expect(await stock('?storeId=S1&itemId=MILK')).toEqual({
    stock: [
      {
        ...{ storeId: 'S1', itemId: 'MILK', onHandMilli: -2_500, isNegative: true, inTransitMilli: 0 },
        lastCount: {
          ...{ documentId: 'c1', businessDay: '2026-01-31', at: '2026-01-31T20:00:00', countedMilli: 10_000, movementsSince: 1 },
          recordId: `${device.deviceId}:${device.incarnation}:2`,
        },
        words:
          '-2.5 on hand: 10 by the count c1 of 2026-01-31, 1 movement since. Less than nothing: more went out than was known to be there; have it counted.',
      },
    ],
  })
  expect((await stock('?limit=1&afterStoreId=S1&afterItemId=MILK')).stock).toMatchObject([
    { itemId: 'TEA', lastCount: null, words: '1 on hand; never counted.' },
  ])
  expect(await hub.get('/v1/stock?afterStoreId=S1')).toMatchObject({ status: 422 })
  const movements = async (query: string) =>
    (await hub.get(`/v1/stock/movements?storeId=S1&itemId=MILK${query}`)).body as { movements: { words: string }[]; next: string | null }
  const first = await movements('&limit=2')
  expect(first.movements.map(({ words }) => words)).toEqual([
    'Sold 12.5, receipt 2 of till 1.',
    'Counted 10 (document c1). The figure stands on this count.',
  ])
  const second = await movements(`&limit=2&before=${first.next}`)
  expect(second).toMatchObject({
    next: null,
    movements: [{ standing: 'contained', words: expect.stringContaining('contained in the count c1') }],
  })
  expect(await hub.get('/v1/stock/movements?storeId=S1&itemId=MILK&before=nonsense')).toMatchObject({ status: 422 })

  const correction = {
    key: 'k1',
    storeId: 'S1',
    itemId: 'MILK',
    kind: 'erp-correction',
    quantityMilli: 3_000,
    businessDay: '2026-02-01',
    reason: 'found',
  }
  expect(await hub.post('/v1/stock/corrections', correction)).toEqual({ status: 201, body: { outcome: 'booked', onHandMilli: 500 } })
  expect(await hub.post('/v1/stock/corrections', correction)).toEqual({ status: 200, body: { outcome: 'duplicate', onHandMilli: 500 } })
  expect(await hub.post('/v1/stock/corrections', { ...correction, quantityMilli: 1 })).toMatchObject({
    status: 409,
    body: { code: 'KEY_CONFLICT' },
  })
  for (const wrong of [
    { key: 'k2', itemId: 'NONE' },
    { key: 'k2', storeId: 'S9' },
    { key: 'k2', quantityMilli: 0 },
    { key: 'k2', reason: ' ' },
    { key: 'k\u0000' },
  ])
    expect(await hub.post('/v1/stock/corrections', { ...correction, ...wrong }), JSON.stringify(wrong)).toMatchObject({ status: 422 })
  expect((await movements('&limit=1')).movements).toMatchObject([{ recordId: null, words: 'Corrected by +3 for the ERP: found.' }])
})
