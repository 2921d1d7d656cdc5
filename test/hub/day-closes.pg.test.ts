/** Closes of business days at the hub: proof, the hub's own count beside the agent's, newest close, lives, rebuilds, API. */
import { dayCloseProjection } from '#hub/close/day-close-projection.ts'
import { exceptionProjection } from '#hub/exception/exception-projection.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import type { Database } from '#hub/storage/database.ts'
import type { DayCloseStatement } from '#sync/contract/day-close.ts'
import { sql } from 'kysely'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { closeDay, signed, statementOf } from './closing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, modelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const deliver = async (db: Database, ...devices: ModelDevice[]): Promise<void> => {
  for (const device of devices)
    for (let at = 0; at < device.journal.length; at += 500)
      expect(await acceptBatch(db, device, device.journal.slice(at, at + 500))).toMatchObject({ outcome: 'acknowledged' })
  for (const projection of [salesProjection, exceptionProjection, dayCloseProjection]) await drainProjection(db, projection)
}

const snapshot = async (db: Database) => ({
  closes: await sql`select * from day_close join day_close_workstation using (device_id, incarnation, seq) order by 1, 2, 3, workstation_id`
    .execute(db)
    .then(({ rows }) => rows),
  exceptions: await db.selectFrom('exception').select(['exception_id', 'kind', 'state', 'message']).orderBy('exception_id').execute(),
})

const proofs = async (db: Database) =>
  db.selectFrom('day_close').select(['proof', 'reason']).orderBy('device_id').orderBy('incarnation').orderBy('seq').execute()

it('[CMP5] [HUB9] a close that is signed and stands where its chain says is proven, however often the day is closed', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  device.sell(2)
  closeDay(device)
  device.sell(3, { businessDay: '2026-02-01' })
  device.sell(4)
  closeDay(device)
  await deliver(db, device)
  expect(await proofs(db)).toEqual([
    { proof: 'proven', reason: null },
    { proof: 'proven', reason: null },
  ])
  expect((await snapshot(db)).exceptions).toEqual([])
})

type Tamper = [words: string, change: (statement: DayCloseStatement, device: ModelDevice) => unknown]
const tampers: Tamper[] = [
  ['ends its chain at record 1', (s) => ({ ...s, chain: { ...s.chain, headSeq: 1 } })],
  ['another chain hash of record 2', (s) => ({ ...s, chain: { ...s.chain, headHash: 'a'.repeat(64) } })],
  ['another chain hash before record 2', (s) => ({ ...s, chain: { ...s.chain, firstSeq: 2 } })],
  ['cannot begin with record 9', (s) => ({ ...s, chain: { ...s.chain, firstSeq: 9 } })],
  ['another key', (s) => ({ ...s, publicKey: 'x'.repeat(59) })],
  ['not enrolled for this store', (s) => ({ ...s, deviceId: 'dev-aaaaaaaaaaaa' })],
]

it('[CMP5] [HUB9] a close that does not verify is kept, says why, and becomes one exception', async () => {
  const { db } = await server.fresh()
  for (const [words, change] of tampers) {
    const device = await enrolModelDevice(db)
    device.sell(1, { workstationId: device.deviceId })
    device.sell(2, { workstationId: device.deviceId })
    closeDay(device, (statement) => change(statement, device))
    await deliver(db, device)
    expect(await db.selectFrom('day_close').select(['proof', 'reason']).where('device_id', '=', device.deviceId).execute()).toEqual([
      { proof: 'not-proven', reason: expect.stringContaining(words) },
    ])
  }
  const forged = await enrolModelDevice(db)
  forged.sell(1, { workstationId: forged.deviceId })
  const { statement, signature } = JSON.parse(signed(forged, statementOf(forged))) as { statement: string; signature: string }
  forged.append(JSON.stringify({ statement: statement.replace('"seen":1', '"seen":2'), signature }), 'day-close')
  const broken = await enrolModelDevice(db)
  for (const number of [1, 2, 3]) broken.sell(number, { workstationId: broken.deviceId })
  const changed = broken.journal[1]!
  closeDay(broken)
  changed.payload = changed.payload.replace('"MILK"', '"BEER"')
  await deliver(db, forged, broken)
  const { exceptions } = await snapshot(db)
  const raised = exceptions.filter(({ kind }) => kind === 'CLOSE_NOT_PROVEN').map(({ message }) => message)
  expect(raised).toHaveLength(tampers.length + 2)
  for (const words of [...tampers.map(([each]) => each), 'signature does not fit', 'chain is broken at record 2'])
    expect(raised).toContainEqual(expect.stringContaining(words))
})

it('[CMP4] [HUB7] what the hub counts otherwise names the hop, till and sums, and ends when a newer close of the day agrees', async () => {
  const { db } = await server.fresh()
  const [device, other] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  other.sell(2, { operatorId: 'another' })
  await deliver(db, other)
  device.sell(1)
  device.sell(2)
  device.sell(3, { workstationId: '2' })
  closeDay(device)
  await deliver(db, device)
  expect((await snapshot(db)).exceptions.filter(({ kind }) => kind !== 'KEY_CONFLICT')).toEqual([
    {
      exception_id: 'HUB_TOTALS_DIFFER:S1|1|2026-01-31',
      kind: 'HUB_TOTALS_DIFFER',
      state: 'open',
      message:
        'Till 1 on 2026-01-31, store’s agent / hub: receipts 2 / 1; takings 4.76 EUR / 2.38 EUR; cash 4.76 EUR / 2.38 EUR; cash payments 2 / 1; tax A 0.32 EUR / 0.16 EUR. The difference arose between the store’s journal and the hub’s count of the same records. 1 of the day’s receipts is in conflict or quarantine here and does not count.',
    },
  ])
  closeDay(device, (statement) => ({
    ...statement,
    workstations: statement.workstations.map((each) =>
      each.workstationId === '1' ? { ...each, totals: { ...each.totals, ...halved } } : each,
    ),
  }))
  await deliver(db, device)
  expect((await snapshot(db)).exceptions.filter(({ kind }) => kind === 'HUB_TOTALS_DIFFER')).toMatchObject([{ state: 'resolved' }])
})
const halved = {
  transactionCount: 1,
  grandMinor: 238,
  tenders: [{ kind: 'cash', count: 1, amountMinor: 238 }],
  taxes: [{ code: 'A', count: 1, taxMinor: 16 }],
}

const nextLife = (device: ModelDevice, incarnation: string, count = device.journal.length): ModelDevice => {
  const life = modelDevice({ ...device, incarnation })
  for (const { payload, kind, capturedAt } of device.journal.slice(0, count)) life.append(payload, kind, capturedAt)
  return life
}

it('[CMP5] [CAP13] a close carried into a new life is the close it was; the new life’s own counts duplicates as the receipts they are', async () => {
  const { db, url } = await server.fresh()
  const old = await enrolModelDevice(db)
  old.sell(1)
  old.sell(2)
  closeDay(old)
  await deliver(db, old)
  const life = nextLife(old, 'bbbbbbbbbbbb')
  await deliver(db, life)
  expect(await proofs(db)).toEqual([
    { proof: 'proven', reason: null },
    { proof: 'signed', reason: null },
  ])
  const hub = await startHub({ DATABASE_URL: url })
  // The hub's own worker reads along.
  const untilShown = (day: object) =>
    vi.waitFor(async () => expect((await hub.get('/v1/stores/S1/days/2026-01-31')).body).toMatchObject(day), 10_000)
  await untilShown({ workstations: [{ close: { proof: 'proven', seq: 3 }, hub: { transactionCount: 2 } }] })
  life.sell(3)
  closeDay(life, undefined, '2026-01-30T00:00:00.000Z')
  await deliver(db, life)
  await untilShown({
    workstations: [
      {
        close: { proof: 'proven', seq: 5 },
        agent: { transactionCount: 3 },
        hub: { transactionCount: 3 },
        hubDifferences: [],
        now: { transactionCount: 3 },
      },
    ],
  })
  expect((await snapshot(db)).exceptions.filter(({ kind }) => kind !== 'UNKNOWN_ITEM')).toEqual([])
})

it('[HUB2] [CMP5] rebuilt equals live, whatever lives and workers did', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  const step = fc.constantFrom('sell', 'sell', 'conflict', 'close', 'forge')
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 10 }),
      fc.array(step, { maxLength: 6 }),
      fc.nat(10),
      fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { maxLength: 6 }),
      async (first, second, carried, turns) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, exception, day_close, day_close_workstation, day_total,
          sales_transaction cascade`.execute(db)
        const old = await enrolModelDevice(db)
        const act = (device: ModelDevice, what: string): unknown => {
          const number = device.journal.length + 1
          if (what === 'sell') return device.sell(number)
          if (what === 'conflict') return device.sell(Math.max(1, number - 1), { operatorId: 'other' })
          return closeDay(device, (s) => (what === 'close' ? s : { ...s, chain: { ...s.chain, headHash: 'b'.repeat(64) } }))
        }
        for (const what of first) act(old, what)
        const life = nextLife(old, 'bbbbbbbbbbbb', carried)
        for (const what of second) act(life, what)
        const lives = [life, old].filter((each) => each.journal.length > 0)
        for (const each of lives) await acceptBatch(db, each, each.journal)
        await Promise.all(turns.map(([owner, pool]) => advanceStream(pools[pool]!, dayCloseProjection, lives[owner] ?? old)))
        await drainProjection(db, dayCloseProjection)
        // What has ended is history: which words it had last depends on the order of the streams. What is open does not.
        const standing = async () => {
          const { closes, exceptions } = await snapshot(db)
          return { closes, open: exceptions.filter(({ state }) => state === 'open') }
        }
        const live = await standing()
        await rebuildProjection(db, dayCloseProjection)
        expect(await standing()).toEqual(live)
        await sql`truncate exception`.execute(db)
        await rebuildProjection(db, dayCloseProjection)
        expect(await standing()).toEqual(live)
      },
    ),
    { numRuns: 15 },
  )
})

it('[CMP1] [CMP4] /v1/stores/{id}/days shows each till’s sequence, and the totals of till, agent and hub side by side', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (const number of [1, 2, 3]) device.sell(number)
  device.sell(1, { workstationId: '2' })
  closeDay(device, (statement) => ({
    ...statement,
    workstations: statement.workstations
      .filter(({ workstationId }) => workstationId === '1')
      .map((each) => ({
        ...each,
        ledger: { ...each.ledger, last: 6, missing: [{ from: 4, to: 5 }] },
        tillTotals: { transactionCount: 5, grandMinor: 1_000 },
        differences: [{ measure: 'transactions', key: '', till: 5, agent: 3 }],
      })),
  }))
  device.sell(4)
  device.sell(1, { businessDay: '2026-02-01' })
  await deliver(db, device)
  const hub = await startHub({ DATABASE_URL: url })
  const receipts = (count: number) => ({
    transactionCount: count,
    grandMinor: count * 238,
    kinds: [{ kind: 'sale', count, grandMinor: count * 238 }],
  })
  const totals = (count: number) => ({
    ...receipts(count),
    tenders: [{ kind: 'cash', count, amountMinor: count * 238 }],
    taxes: [{ code: 'A', count, taxMinor: count * 16 }],
  })
  expect(await hub.get('/v1/stores/S1/days/2026-01-31')).toEqual({
    status: 200,
    body: {
      storeId: 'S1',
      businessDay: '2026-01-31',
      workstations: [
        {
          workstationId: '1',
          currency: 'EUR',
          close: {
            recordId: `${device.deviceId}:${device.incarnation}:5`,
            deviceId: device.deviceId,
            seq: 5,
            closedAt: '2026-01-31T20:00:00.000Z',
            proof: 'proven',
            reason: null,
            uncounted: 0,
          },
          ledger: {
            first: 1,
            last: 6,
            seen: 3,
            explained: { suspended: 0, cancelled: 0, training: 0, quarantined: 0 },
            rolledOver: [],
            missing: [{ from: 4, to: 5 }],
          },
          till: { transactionCount: 5, grandMinor: 1_000 },
          agent: totals(3),
          hub: totals(3),
          tillDifferences: [{ measure: 'transactions', key: '', till: 5, agent: 3 }],
          hubDifferences: [],
          now: receipts(4),
        },
        {
          workstationId: '2',
          currency: 'EUR',
          close: null,
          ledger: null,
          till: null,
          agent: null,
          hub: null,
          tillDifferences: [],
          hubDifferences: [],
          now: receipts(1),
        },
      ],
    },
  })
  const january = { businessDay: '2026-01-31', workstations: 2, closed: 1, proven: false, missingNumbers: 2, differing: 1 }
  const february = { businessDay: '2026-02-01', workstations: 1, closed: 0, proven: false, missingNumbers: 0, differing: 0 }
  expect(await hub.get('/v1/stores/S1/days')).toEqual({ status: 200, body: { days: [february, january], next: null } })
  expect(await hub.get('/v1/stores/S1/days?limit=1')).toEqual({ status: 200, body: { days: [february], next: '2026-02-01' } })
  expect(await hub.get('/v1/stores/S1/days?limit=1&before=2026-02-01')).toEqual({
    status: 200,
    body: { days: [january], next: '2026-01-31' },
  })
  expect(await hub.get('/v1/stores/S1/days/2026-03-01')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
})
