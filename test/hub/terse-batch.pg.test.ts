/** Terse batches at a real gateway: the log becomes the journal, whatever was damaged in the store. */
import { deflateRawSync } from 'node:zlib'
import { protocol } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { chainFrameOf, terseText } from '#sync/contract/terse-batch.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { expect, it } from 'vitest'
import type { Database } from '#hub/storage/database.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, modelDevice, receipt } from './model-device.ts'
import { withGateways } from './running-gateway.ts'

const server = withDatabase()
const gateways = withGateways()

const terse = (records: readonly TidelineRecord[]) => ({
  ...{ codec: 'deflate-raw', bytes: deflateRawSync(terseText(records)), fromSeq: records[0]!.seq, count: records.length },
  ...chainFrameOf(records[0]!, records.at(-1)!),
})
const packed = (records: readonly TidelineRecord[]) => ({
  ...{ codec: 'deflate-raw', bytes: deflateRawSync(JSON.stringify({ records })), fromSeq: records[0]!.seq, count: records.length },
})

const logged = (db: Database) =>
  db
    .selectFrom('record_log')
    .select(['seq', 'kind', 'verdict', 'captured_at', 'payload', 'payload_hash', 'previous_hash'])
    .orderBy('seq')
    .execute()

const rowsOf = (journal: readonly TidelineRecord[]) =>
  journal.map((r) => [r.seq, r.kind, 'accepted', r.capturedAt, r.payload, r.payloadHash, r.previousHash])

it('[TRN2] [TRN4] [TRN13] several in flight are read ahead and taken in order, each once, also when sent twice or half', async () => {
  const { db, ...database } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (let n = 1; n <= 1_200; n++) device.sell(n)
  const wire = gateways.connect(await gateways.start({ db, ...database }))
  await wire.hello(device, { protocolVersion: protocol.version })
  const send = (from: number, to: number) => wire.send('terseBatch', terse(device.journal.slice(from - 1, to)))
  expect(await Promise.all([send(1, 300), send(301, 500), send(501, 501), send(502, 900)])).toMatchObject(
    [300, 500, 501, 900].map((ackedSeq) => ({ outcome: 'acknowledged', ackedSeq, verdicts: [] })),
  )
  expect(await Promise.all([send(1, 300), send(1_001, 1_200), send(801, 1_000), send(1_001, 1_200)])).toMatchObject([
    { outcome: 'acknowledged', ackedSeq: 900 },
    { outcome: 'gap', expectedSeq: 901 },
    { outcome: 'acknowledged', ackedSeq: 1_000 },
    { outcome: 'acknowledged', ackedSeq: 1_200 },
  ])
  expect((await logged(db)).map((row) => Object.values(row))).toEqual(rowsOf(device.journal))
})

it('[HUB9] [TRN7] whose hashes come out otherwise changes nothing; in full, the damaged record is held and the others are taken', async () => {
  const { db, ...database } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (let n = 1; n <= 30; n++) device.sell(n)
  const damaged = device.journal.map((r) => (r.seq === 12 ? { ...r, payload: canonicalText(receipt(99)) } : r))
  const wire = gateways.connect(await gateways.start({ db, ...database }))
  await wire.hello(device, { protocolVersion: protocol.version })
  expect(
    await Promise.all([
      wire.send('terseBatch', terse(damaged.slice(0, 10))),
      wire.send('terseBatch', terse(damaged.slice(10, 20))),
      wire.send('terseBatch', terse(damaged.slice(20))),
    ]),
  ).toMatchObject([
    { outcome: 'acknowledged', ackedSeq: 10 },
    { outcome: 'refused', code: 'BROKEN_CHAIN' },
    { outcome: 'gap', expectedSeq: 11 },
  ])
  expect(await logged(db)).toHaveLength(10)
  expect(await wire.send('packedBatch', packed(damaged.slice(10, 20)))).toMatchObject({
    ...{ outcome: 'acknowledged', ackedSeq: 20, verdicts: [{ seq: 12, verdict: 'quarantined' }] },
  })
  expect(await wire.send('terseBatch', terse(damaged.slice(20)))).toMatchObject({ outcome: 'acknowledged', ackedSeq: 30, verdicts: [] })
  expect((await logged(db)).filter((row) => row.verdict !== 'accepted').map((row) => row.seq)).toEqual([12])
})

it('[CAP3] of another journal than the session is refused, however well it is chained', async () => {
  const { db, ...database } = await server.fresh()
  const [mine, theirs] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  theirs.sell(1)
  const wire = gateways.connect(await gateways.start({ db, ...database }))
  await wire.hello(mine, { protocolVersion: protocol.version })
  expect(await wire.send('terseBatch', terse(theirs.journal))).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  expect(await logged(db)).toEqual([])
})

it('[CAP13] [HUB9] of a copied disk that went on by itself is not hung onto the other one’s records: it is asked for in full', async () => {
  const { db, ...database } = await server.fresh()
  const one = await enrolModelDevice(db)
  const copy = modelDevice(one)
  for (let n = 1; n <= 2; n++) {
    one.sell(n)
    copy.sell(10 + n)
  }
  const wire = gateways.connect(await gateways.start({ db, ...database }))
  await wire.hello(one, { protocolVersion: protocol.version })
  expect(await wire.send('terseBatch', terse(one.journal.slice(0, 1)))).toMatchObject({ outcome: 'acknowledged', ackedSeq: 1 })
  // Its own first record was lost on the way.
  expect(await wire.send('terseBatch', terse(copy.journal.slice(1)))).toMatchObject({ outcome: 'refused', code: 'BROKEN_CHAIN' })
  expect(await wire.send('terseBatch', terse(copy.journal))).toMatchObject({ outcome: 'refused', code: 'JOURNAL_BEHIND' })
  expect(await wire.send('terseBatch', terse(one.journal.slice(1)))).toMatchObject({ outcome: 'acknowledged', ackedSeq: 2 })
  expect((await logged(db)).map((row) => Object.values(row))).toEqual(rowsOf(one.journal))
})
