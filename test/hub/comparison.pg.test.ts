import { answerCompareDays } from '#hub/comparison/answer-compare-days.ts'
import { answerRepair } from '#hub/comparison/answer-repair.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { advanceStream, drainProjection } from '#hub/merge/advance.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import type { Database } from '#hub/storage/database.ts'
import type { DayDigest } from '#sync/contract/comparison.ts'
import { upMessages } from '#sync/contract/up.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { contextOf, countedBy, digestOf, drainAll, exceptionsOf, peerOf, rebuildAll, within } from './comparing.ts'
import { closeDay } from './closing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, modelDevice, type ModelDevice, receipt } from './model-device.ts'

const server = withDatabase()
const day = '2026-01-31'

const compare = async (db: Database, device: ModelDevice, days: readonly DayDigest[]) =>
  upMessages.compareDays.response.parse(await answerCompareDays(contextOf(db), peerOf(device), { days }))
const compareDay = (db: Database, device: ModelDevice, businessDay = day) => compare(db, device, [digestOf(device.journal, businessDay)])
const repair = async (db: Database, device: ModelDevice, records: unknown) =>
  upMessages.repair.response.parse(await answerRepair(contextOf(db), peerOf(device), { records }))

const sendAll = async (db: Database, device: ModelDevice) => acceptBatch(db, device, device.journal)

const selling = async (count: number) => {
  const { db, anotherPool } = await server.fresh()
  await db
    .insertInto('item')
    .values({ item_id: 'MILK', name: 'Milk', barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 70_000, erp_id: null })
    .execute()
  const device = await enrolModelDevice(db)
  for (let number = 1; number <= count; number++) device.sell(number)
  await sendAll(db, device)
  return { db, anotherPool, device }
}

const remove = (db: Database, ...seqs: number[]) => sql`delete from record_log where seq = any(${seqs})`.execute(db)
const outcome = (name: string, wanted: unknown[] = []) => ({ outcome: 'compared', days: [{ businessDay: day, outcome: name, wanted }] })

it('[TRN22] a day that is whole agrees, once it is counted; until then it waits', async () => {
  const { db, device } = await selling(3)
  expect(await compareDay(db, device)).toEqual(outcome('waiting'))
  await drainAll(db)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
  expect(await db.selectFrom('day_comparison').selectAll().execute()).toMatchObject([
    { device_id: device.deviceId, business_day: day, store_id: 'S1', outcome: 'agrees', count: 3, filled_in: 0 },
  ])
  // What is not acknowledged yet is waited for, not wanted.
  device.sell(4)
  expect(await compareDay(db, device)).toEqual(outcome('waiting'))
  expect(await compare(db, device, [digestOf(device.journal, day, 3)])).toEqual(outcome('agrees'))
})

it('[TRN22] what counts for nothing, or counts under another life of the journal, is no difference', async () => {
  const { db, device } = await selling(2)
  device.sell(1, { operatorId: 'other' })
  device.sell(3, { currency: 'SEK' })
  const tampered = device.sell(5)
  tampered.payload = tampered.payload.replace('"MILK"', '"BEER"')
  await sendAll(db, device)
  // A new life carries the old one: its receipts are duplicates here.
  const life = modelDevice({ ...device, incarnation: 'bbbbbbbbbbbb' })
  for (const { payload } of device.journal.slice(0, 4)) life.append(payload)
  await sendAll(db, life)
  const verdicts = (await db.selectFrom('record_log').select('verdict').orderBy('incarnation').orderBy('seq').execute()).map(
    (row) => row.verdict,
  )
  expect(verdicts).toEqual([
    'accepted',
    'accepted',
    'conflict',
    'accepted',
    'quarantined',
    'duplicate',
    'duplicate',
    'conflict',
    'duplicate',
  ])
  await drainProjection(db, salesProjection)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
  expect(await compareDay(db, life)).toEqual(outcome('agrees'))
})

it('[TRN22] what the log lost is wanted, filled in once, counted once, and told; the watermark stays', async () => {
  const { db, device } = await selling(6)
  await drainAll(db)
  await remove(db, 2, 3, 5)
  // The sums went with the records, as in a restore of a part: what is filled in must count anew.
  await sql`delete from sales_transaction`.execute(db)
  await sql`delete from day_total`.execute(db)
  await sql`delete from stock_movement`.execute(db)
  await sql`delete from stock_balance`.execute(db)
  await sql`delete from posting`.execute(db)
  expect(await compareDay(db, device)).toEqual(
    outcome('lacks', [
      { fromSeq: 2, toSeq: 3 },
      { fromSeq: 5, toSeq: 5 },
    ]),
  )
  const wanted = within(device.journal, [
    { fromSeq: 2, toSeq: 3 },
    { fromSeq: 5, toSeq: 5 },
  ])
  expect(await repair(db, device, wanted)).toEqual({ outcome: 'repaired', filledIn: 3, known: 0, differing: [] })
  expect(await repair(db, device, wanted)).toEqual({ outcome: 'repaired', filledIn: 0, known: 3, differing: [] })
  expect(await db.selectFrom('device_stream').select('acked_seq').execute()).toEqual([{ acked_seq: 6 }])
  expect(await compareDay(db, device)).toEqual(outcome('waiting'))
  await drainAll(db)
  const { sales, balances, postings, late } = await countedBy(db)
  expect(sales.map((row) => row['sequence_number'])).toEqual([2, 3, 5])
  expect(balances).toMatchObject([{ item_id: 'MILK', quantity_milli: -6_000 }])
  expect(postings).toHaveLength(3)
  expect(late).toEqual([])
  await rebuildAll(db)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
  expect(await db.selectFrom('day_comparison').select('filled_in').execute()).toEqual([{ filled_in: 3 }])
  expect(await exceptionsOf(db, 'RECORDS_RESENT')).toMatchObject([
    {
      ...{ store_id: 'S1', business_day: day, owner: 'hub', state: 'open', amount_minor: 714, currency: 'EUR' },
      message: `3 records of store S1, ${day}, had been acknowledged and were missing in the hub’s log. The store sent them again; nothing is missing any more. The last ones: till 1: 2–3, 5.`,
    },
  ])
})

it('[TRN22] [HUB2] what counted before it was lost does not count again, a close neither; a rebuild says the same', async () => {
  const { db, device } = await selling(5)
  closeDay(device)
  device.append(JSON.stringify({ firstRecordId: 'x:y:1', transaction: receipt(3) }), 'conflict')
  await sendAll(db, device)
  await drainAll(db)
  const before = await countedBy(db)
  expect(before.closes).toMatchObject([{ proof: 'proven' }])
  await remove(db, 1, 4, 6, 7)
  expect(await repair(db, device, device.journal)).toMatchObject({ filledIn: 4, known: 3 })
  await drainAll(db)
  const after = await countedBy(db)
  expect({ ...after, exceptions: [] }).toEqual({ ...before, exceptions: [] })
  expect(await exceptionsOf(db, 'NOT_COUNTED')).toEqual([])
  expect((await exceptionsOf(db, 'RECORDS_RESENT')).map((row) => row.message.replace(/.*The last ones: /, ''))).toEqual([
    'till 1: 1, 4; records 6.',
    'records 7.',
  ])
  await rebuildAll(db)
  expect(await countedBy(db)).toEqual(after)
})

it('[TRN22] a hole stops its stream and no other; what is before it counts, and the rest once it is filled', async () => {
  const { db, device } = await selling(5)
  const other = await enrolModelDevice(db, 'S2')
  other.sell(1)
  await sendAll(db, other)
  await remove(db, 3)
  await expect(drainProjection(db, salesProjection)).rejects.toThrow(/hole before .*:4/)
  const counted = async () => (await db.selectFrom('sales_transaction').select('natural_key').orderBy('natural_key').execute()).length
  expect(await counted()).toBe(3)
  // The one that stands still is the first in turn; the other store goes on all the same.
  other.sell(2)
  await sendAll(db, other)
  await expect(drainProjection(db, salesProjection)).rejects.toThrow(/hole before/)
  expect(await counted()).toBe(4)
  await repair(db, device, [device.journal[2]])
  await drainAll(db)
  expect(await counted()).toBe(7)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
})

it('[TRN22] what differs is never overwritten: other content under a number, in the log and when it is sent again', async () => {
  const { db, device } = await selling(4)
  const forged = JSON.stringify(receipt(2, { operatorId: 'forger' }))
  await sql`update record_log set payload = ${forged}, payload_hash = encode(sha256(convert_to(${forged}, 'UTF8')), 'hex') where seq = 2`.execute(
    db,
  )
  await drainAll(db)
  expect(await compareDay(db, device)).toEqual(outcome('differs'))
  expect(await exceptionsOf(db, 'RECORDS_DIFFER')).toMatchObject([{ state: 'open', business_day: day, store_id: 'S1', amount_minor: 952 }])
  expect(await repair(db, device, device.journal)).toEqual({ outcome: 'repaired', filledIn: 0, known: 3, differing: [2] })
  expect(await db.selectFrom('record_log').select('payload').where('seq', '=', 2).execute()).toEqual([{ payload: forged }])
  expect((await exceptionsOf(db, 'RECORDS_DIFFER')).map((row) => row.record_id)).toContain(`${device.deviceId}:${device.incarnation}:2`)
  // A text whose hash was left as it was is found when the record is sent.
  await sql`update record_log set payload = ${forged} where seq = 3`.execute(db)
  expect(await repair(db, device, device.journal)).toMatchObject({ differing: [2, 3] })
})

it('[TRN22] [HUB7] other sums for the same records are an exception, until a comparison agrees again', async () => {
  const { db, device } = await selling(3)
  await drainAll(db)
  await sql`update sales_transaction set grand_minor = 1 where sequence_number = 2`.execute(db)
  expect(await compareDay(db, device)).toEqual(outcome('differs'))
  expect(await exceptionsOf(db, 'COUNTS_DIFFER')).toMatchObject([
    {
      ...{ state: 'open', business_day: day, amount_minor: 237, currency: 'EUR' },
      message: `Store and hub hold the same receipts of ${day} and count them otherwise, store / hub: 3 receipts of 7.14 EUR / 3 receipts of 4.77 EUR.`,
    },
  ])
  await rebuildAll(db)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
  expect(await exceptionsOf(db, 'COUNTS_DIFFER')).toMatchObject([{ state: 'resolved' }])
})

it('[TRN22] a day that is told in parts: the worst of them counts, and a part that is left out agreed', async () => {
  const { db, device } = await selling(4)
  await drainAll(db)
  const parts = [device.journal.slice(0, 2), device.journal.slice(2)].map((records) => digestOf(records, day))
  await sql`update sales_transaction set grand_minor = 1 where sequence_number = 4`.execute(db)
  const outcomes = async (days: readonly DayDigest[]) => {
    const answer = await compare(db, device, days)
    const [row] = await db.selectFrom('day_comparison').select('outcome').execute()
    const [exception] = await exceptionsOf(db, 'COUNTS_DIFFER')
    return [answer.outcome === 'compared' ? answer.days.map((each) => each.outcome) : [], row?.outcome, exception?.state]
  }
  expect(await outcomes(parts)).toEqual([['agrees', 'differs'], 'differs', 'open'])
  expect(await outcomes(parts.toReversed())).toEqual([['differs', 'agrees'], 'differs', 'open'])
  await rebuildAll(db)
  expect(await outcomes(parts.slice(1))).toEqual([['agrees'], 'agrees', 'resolved'])
})

it('[TRN22] a record that does not fit what stands around it is kept in quarantine; who is altered beside it does no harm', async () => {
  const { db, device } = await selling(6)
  await remove(db, 2, 5)
  const altered = modelDevice({ ...device })
  for (let number = 1; number <= 6; number++) altered.sell(number, number === 5 ? { operatorId: 'later' } : {})
  // Record 5 of a journal that was changed afterwards: what stands behind it in the log remembers another.
  expect(await repair(db, device, [altered.journal[4]])).toMatchObject({ filledIn: 1 })
  const at = async (seq: number) => db.selectFrom('record_log').select(['verdict', 'reason']).where('seq', '=', seq).executeTakeFirst()
  expect(await at(5)).toMatchObject({
    verdict: 'quarantined',
    reason: expect.stringMatching(/^BROKEN_CHAIN: what stands behind/) as string,
  })
  // The row before 2 is altered: 2 is proven by the one behind it all the same.
  await sql`update record_log set payload_hash = ${'0'.repeat(64)} where seq = 1`.execute(db)
  expect(await repair(db, device, [device.journal[1]])).toMatchObject({ filledIn: 1 })
  expect(await at(2)).toMatchObject({ verdict: 'accepted' })
  // The last one is proven by the stream's head.
  await remove(db, 6)
  expect(await repair(db, device, [{ ...device.journal[5], capturedAt: '2026-01-31T10:00:02.000Z' }])).toMatchObject({ filledIn: 1 })
  expect(await at(6)).toMatchObject({ verdict: 'quarantined' })
})

it('[TRN22] a natural key that another record took meanwhile makes what is filled in a duplicate or a conflict', async () => {
  const { db, device } = await selling(2)
  const other = await enrolModelDevice(db)
  await remove(db, 1, 2)
  other.append(device.journal[0]?.payload ?? '')
  other.sell(2, { operatorId: 'other' })
  await sendAll(db, other)
  await repair(db, device, device.journal)
  const own = await db.selectFrom('record_log').select('verdict').where('device_id', '=', device.deviceId).orderBy('seq').execute()
  expect(own.map((row) => row.verdict)).toEqual(['duplicate', 'conflict'])
  await drainAll(db)
  expect((await countedBy(db)).sales).toHaveLength(2)
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
})

it('[TRN8] [TRN22] nothing is taken of another device, behind the watermark, or after a revocation; a flawed record holds up no other', async () => {
  const { db, device } = await selling(3)
  const other = await enrolModelDevice(db)
  expect(await repair(db, other, device.journal)).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  expect(await compareDay(db, { ...device, deviceId: other.deviceId })).toEqual(outcome('waiting'))
  const ahead = device.sell(4)
  expect(await repair(db, device, [ahead])).toEqual({ outcome: 'repaired', filledIn: 0, known: 0, differing: [] })
  await remove(db, 1, 3)
  expect(await repair(db, device, [{ ...device.journal[0], kind: 'riddle' }, device.journal[2]])).toMatchObject({ filledIn: 2 })
  for (const message of [null, {}, { days: [] }, { days: [{ ...digestOf(device.journal, day), spans: [] }] }])
    expect(await answerCompareDays(contextOf(db), peerOf(device), message)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  for (const message of [null, {}, { records: [] }, { records: [{ seq: 1 }] }])
    expect(await answerRepair(contextOf(db), peerOf(device), message)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  const whole = digestOf(device.journal, day)
  for (const change of [
    { spans: [{ fromSeq: 4, toSeq: 1 }] },
    {
      spans: [
        { fromSeq: 1, toSeq: 2 },
        { fromSeq: 2, toSeq: 4 },
      ],
    },
    { count: 3 },
  ])
    expect(await compare(db, device, [{ ...whole, ...change }])).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  const many = { spans: [{ fromSeq: 1, toSeq: 1_000_001 }], count: 1_000_001 }
  expect(await compare(db, device, [{ ...whole, ...many }])).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  // A day that no calendar of the database has, and a hash that somebody broke.
  await sql`update record_log set payload_hash = 'broken' where seq = 2`.execute(db)
  expect(
    await compare(db, device, [{ ...digestOf(device.journal, day, 3), businessDay: '0000-01-01' as DayDigest['businessDay'] }]),
  ).toMatchObject({
    days: [{ outcome: 'differs' }],
  })
  await sql`update device set revoked_at = now() where device_id = ${device.deviceId}`.execute(db)
  expect(await repair(db, device, device.journal.slice(0, 1))).toMatchObject({ outcome: 'refused', code: 'REVOKED_DEVICE' })
})

it('[TRN22] [HUB3] filling in and merging at once: each record is taken once, whoever comes first', async () => {
  const { db, anotherPool, device } = await selling(60)
  const pool = anotherPool()
  for (let round = 0; round < 6; round++) {
    const gone = [5, 17, 18, 40].map((seq) => seq + round)
    await remove(db, ...gone)
    await Promise.all([
      repair(db, device, device.journal.slice(0, 30)),
      advanceStream(pool, salesProjection, device).catch(() => 0),
      repair(pool, device, device.journal.slice(25)),
      advanceStream(db, salesProjection, device).catch(() => 0),
    ])
  }
  await drainAll(db)
  const { sales, late } = await countedBy(db)
  expect(sales).toHaveLength(60)
  expect(late).toEqual([])
  expect(await compareDay(db, device)).toEqual(outcome('agrees'))
})
