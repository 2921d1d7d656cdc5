import { acceptBatch, type BatchResponse } from '#hub/intake/accept-batch.ts'
import { revokeDevice } from '#hub/enrolment/enrolment.ts'
import type { Database } from '#hub/storage/database.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { chainText, recordIdOf } from '#sync/contract/record.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, receipt, sha256 } from './model-device.ts'

const server = withDatabase()

const send = (db: Database, device: ModelDevice, records: readonly TidelineRecord[]): Promise<BatchResponse> =>
  acceptBatch(db, device, records)

const logOf = (db: Database, device: ModelDevice) =>
  db
    .selectFrom('record_log')
    .selectAll()
    .where('device_id', '=', device.deviceId)
    .where('incarnation', '=', device.incarnation)
    .orderBy('seq')
    .execute()

const expectLogIsJournal = async (db: Database, device: ModelDevice): Promise<void> => {
  const rows = await logOf(db, device)
  expect(rows.map((row) => [row.seq, row.kind, row.payload, row.payload_hash, row.previous_hash])).toEqual(
    device.journal.map((record) => [record.seq, record.kind, record.payload, record.payloadHash, record.previousHash]),
  )
}

describe('a batch', () => {
  it('[TRN4] [TRN5] sent twice, late and half again changes nothing', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    for (let n = 1; n <= 10; n++) device.sell(n)
    const first = device.journal.slice(0, 6)
    expect(await send(db, device, first)).toEqual({ outcome: 'acknowledged', ackedSeq: 6, verdicts: [] })
    expect(await send(db, device, first)).toEqual({ outcome: 'acknowledged', ackedSeq: 6, verdicts: [] })
    expect(await send(db, device, device.journal.slice(3))).toEqual({ outcome: 'acknowledged', ackedSeq: 10, verdicts: [] })
    expect(await send(db, device, first.slice(2, 4))).toEqual({ outcome: 'acknowledged', ackedSeq: 10, verdicts: [] })
    await expectLogIsJournal(db, device)
  })

  it('[TRN4] after a gap, or with one inside, is refused whole and names the expected seq', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    for (let n = 1; n <= 5; n++) device.sell(n)
    const [one, two, three, four, five] = device.journal as [TidelineRecord, TidelineRecord, TidelineRecord, TidelineRecord, TidelineRecord]
    expect(await send(db, device, [two])).toEqual({ outcome: 'gap', expectedSeq: 1 })
    expect(await send(db, device, [one, three])).toEqual({ outcome: 'gap', expectedSeq: 1 })
    expect(await send(db, device, [one, two])).toMatchObject({ ackedSeq: 2 })
    expect(await send(db, device, [four, five])).toEqual({ outcome: 'gap', expectedSeq: 3 })
    expect(await logOf(db, device)).toHaveLength(2)
  })

  it('[TRN4] of two hub processes at once is taken once', async () => {
    const { db, anotherPool } = await server.fresh()
    const other = anotherPool()
    const device = await enrolModelDevice(db)
    for (let n = 1; n <= 200; n++) device.sell(n)
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => send(index % 2 ? db : other, device, device.journal)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ outcome: 'acknowledged', ackedSeq: 200, verdicts: [] })]),
    )
    await expectLogIsJournal(db, device)
  })

  it('[TRN11] of a revoked device is refused, even by a process that was not told', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    device.sell(1)
    expect(await revokeDevice(db, device.deviceId)).toBe('revoked')
    expect(await send(db, device, device.journal)).toMatchObject({ outcome: 'refused', code: 'REVOKED_DEVICE' })
    expect(await logOf(db, device)).toEqual([])
  })

  it('[CAP3] of another journal than the session is refused', async () => {
    const { db } = await server.fresh()
    const [mine, theirs] = [await enrolModelDevice(db), await enrolModelDevice(db)]
    theirs.sell(1)
    expect(await send(db, mine, theirs.journal)).toMatchObject({ outcome: 'refused', code: 'INVALID' })
  })

  it('[CAP3] with other content under numbers that the hub has is refused: the disk was cloned', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    const clone = { ...device, journal: [] as TidelineRecord[] }
    device.sell(1)
    await send(db, device, device.journal)
    const forged = {
      ...device.journal[0]!,
      payload: canonicalText(receipt(2)),
      payloadHash: sha256(canonicalText(receipt(2))) as TidelineRecord['payloadHash'],
    }
    expect(await send(db, clone, [forged])).toMatchObject({ outcome: 'refused', code: 'JOURNAL_BEHIND' })
    await expectLogIsJournal(db, device)
  })
})

describe('verdicts', () => {
  it('[CAP5] [CAP6] duplicate and conflict within a batch, and the same verdicts when it is sent again', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    device.sell(1)
    device.sell(1)
    device.sell(1, { operatorId: 'someone else' })
    device.sell(2)
    const first = await send(db, device, device.journal)
    expect(first).toMatchObject({
      outcome: 'acknowledged',
      ackedSeq: 4,
      verdicts: [
        { seq: 2, verdict: 'duplicate' },
        { seq: 3, verdict: 'conflict' },
      ],
    })
    expect(await send(db, device, device.journal)).toEqual(first)
    await expectLogIsJournal(db, device)
  })

  it('[CAP6] two devices with one key at once: one accepted, one conflict, both kept', async () => {
    const { db, anotherPool } = await server.fresh()
    const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db)]
    for (let n = 1; n <= 60; n++) {
      a.sell(n)
      b.sell(61 - n, { operatorId: 'B' })
    }
    const answers = await Promise.all([send(db, a, a.journal), send(anotherPool(), b, b.journal)])
    const conflicts = answers.flatMap((answer) => (answer.outcome === 'acknowledged' ? answer.verdicts.map((v) => v.verdict) : ['none']))
    expect(conflicts).toEqual(Array(60).fill('conflict'))
    const counts = await db
      .selectFrom('record_log')
      .select(['natural_key', db.fn.countAll<number>().as('n')])
      .where('verdict', '=', 'accepted')
      .groupBy('natural_key')
      .execute()
    expect(counts.map((row) => row.n)).toEqual(Array(60).fill(1))
    await expectLogIsJournal(db, a)
    await expectLogIsJournal(db, b)
  })

  it('[TRN7] [CAP7] wrong store, unreadable payloads and NUL get verdicts, and the queue moves on', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    device.sell(1, { storeId: 'S2' })
    device.append('{"not":"a transaction"}')
    device.append('{ not json')
    device.append('{"nul":"\u0000"}')
    device.append(JSON.stringify({ source: 'x', reasons: [] }), 'quarantine')
    device.sell(2)
    const answer = await send(db, device, device.journal)
    expect(answer).toMatchObject({ outcome: 'acknowledged', ackedSeq: 6 })
    const rows = await logOf(db, device)
    expect(rows.map((row) => [row.verdict, row.reason?.split(':')[0]])).toEqual([
      ['quarantined', 'WRONG_STORE'],
      ['quarantined', 'INVALID'],
      ['quarantined', 'MALFORMED'],
      ['quarantined', 'MALFORMED'],
      ['quarantined', 'INVALID'],
      ['accepted', undefined],
    ])
    expect(rows[2]?.payload).toBe('{ not json')
  })

  it('[TRN7] stock documents are taken as records of their own; what is none of a store gets a verdict', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    const document = {
      ...{ documentId: 'C1', documentKind: 'count', storeId: 'S1', businessDay: '2026-01-31', at: '2026-01-31T18:00:00' },
      lines: [{ lineNumber: 1, itemId: 'MILK-1L', quantityMilli: 12_000, unit: 'each' }],
    }
    const append = (change: object) => device.append(JSON.stringify({ ...document, ...change }), 'stock-document')
    append({})
    append({ storeId: 'S2' })
    append({ lines: [{ ...document.lines[0], quantityMilli: -1_000 }] })
    append({ documentKind: 'transfer-out' })
    append({ documentId: 'A1', documentKind: 'adjustment', lines: [{ ...document.lines[0], quantityMilli: -1_000 }] })
    expect(await send(db, device, device.journal)).toMatchObject({
      ackedSeq: 5,
      verdicts: [
        { seq: 2, verdict: 'quarantined', reason: expect.stringContaining('WRONG_STORE') },
        { seq: 3, verdict: 'quarantined', reason: expect.stringContaining('only an adjustment may take away') },
        { seq: 4, verdict: 'quarantined', reason: expect.stringContaining('names the other store') },
      ],
    })
    await expectLogIsJournal(db, device)
  })

  it('[HUB9] [CAP4] a broken link or a false payload hash is held once, and the chain goes on from there', async () => {
    const { db } = await server.fresh()
    const device = await enrolModelDevice(db)
    for (let n = 1; n <= 5; n++) device.sell(n)
    const records = structuredClone(device.journal)
    records[1]!.payload = canonicalText(receipt(2, { operatorId: 'tampered' }))
    records[3]!.previousHash = sha256('elsewhere') as TidelineRecord['previousHash']
    records[4]!.previousHash = sha256(chainText(records[3]!)) as TidelineRecord['previousHash']
    expect(await send(db, device, records)).toMatchObject({
      ackedSeq: 5,
      verdicts: [
        { seq: 2, verdict: 'quarantined', reason: expect.stringContaining('BROKEN_CHAIN') },
        { seq: 4, verdict: 'quarantined', reason: expect.stringContaining('BROKEN_CHAIN') },
      ],
    })
  })
})

it('[TRN5] any interleaving of slices of the journal, over two processes, leaves exactly the journal', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  const slice = fc.record({ from: fc.nat(40), length: fc.integer({ min: 1, max: 15 }), process: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(slice, { maxLength: 14 }),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 40, maxLength: 40 }),
      fc.nat(2),
      async (slices, numbers, width) => {
        const device = await enrolModelDevice(db)
        // Its own till, so that runs do not meet each other's natural keys.
        for (const number of numbers) device.sell(number, { workstationId: device.deviceId, operatorId: String(number % 3) })
        for (let at = 0; at < slices.length; at += width + 1) {
          const wave = slices.slice(at, at + width + 1)
          await Promise.all(
            wave.map(({ from, length, process }) =>
              send(
                process ? db : other,
                device,
                device.journal.slice(from, from + length).length ? device.journal.slice(from, from + length) : device.journal.slice(0, 1),
              ),
            ),
          )
        }
        // Whatever happened before, following the hub's answers gets the rest across.
        let answer = await send(db, device, device.journal.slice(0, 1))
        while (answer.outcome === 'acknowledged' && answer.ackedSeq < 40)
          answer = await send(db, device, device.journal.slice(answer.ackedSeq, answer.ackedSeq + 9))
        expect(answer).toMatchObject({ outcome: 'acknowledged', ackedSeq: 40 })
        await expectLogIsJournal(db, device)
        const accepted = (await logOf(db, device)).filter((row) => row.verdict === 'accepted')
        expect(new Set(accepted.map((row) => row.natural_key)).size).toBe(new Set(numbers).size)
        expect(accepted.map(recordIdOfRow)).toEqual(firstOfEach(device, numbers))
      },
    ),
    { numRuns: 25 },
  )
})

const recordIdOfRow = (row: { device_id: string; incarnation: string; seq: number }): string =>
  `${row.device_id}:${row.incarnation}:${row.seq}`

const firstOfEach = (device: ModelDevice, numbers: readonly number[]): string[] =>
  device.journal.filter((_, index) => numbers.indexOf(numbers[index] ?? -1) === index).map(recordIdOf)
