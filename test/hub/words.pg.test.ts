/** Words of tills, channels and the ERP at a real PostgreSQL: told once while nobody knows them, read as what they are mapped to. */
import { readMappingCsv } from '#hub/identity/mapping-csv.ts'
import { importMapping } from '#hub/identity/mapping-versions.ts'
import { settleWords } from '#hub/identity/unknown-words.ts'
import { readWordReport } from '#hub/identity/word-totals.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import type { Database } from '#hub/storage/database.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, insertModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const map = async (db: Database, lines: readonly string[]) => {
  const read = readMappingCsv(['list;scope;scope_id;kind;code;target;unit;owner', ...lines].join('\n'))
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  return importMapping(db, { rows: read.rows, mode: 'add', takeOver: false, by: 'Anna', why: 'test', dryRun: false })
}
const settle = async (db: Database) => {
  await drainProjection(db, salesProjection)
  await settleWords(db)
}
const open = (db: Database) =>
  db
    .selectFrom('exception')
    .select(['exception_id', 'message', 'amount_minor', 'store_id'])
    .where('kind', '=', 'UNKNOWN_WORD')
    .where('state', '=', 'open')
    .orderBy('exception_id')
    .execute()
const goneBack = (reason: string) => ({ kind: 'return', reason })
const report = (db: Database) => readWordReport(db, { list: 'return-reason', from: '2026-01-01', to: '2026-12-31' })

it('[IDN16] [IDN17] a till’s reason waits under one exception and is over once mapped; the report reads the canonical word, also of before', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  const other = await enrolModelDevice(db, 'S2')
  device.sell(1, goneBack('Kaputt'))
  device.sell(2, goneBack('KAPUTT'))
  device.sell(3, goneBack('damaged'))
  other.sell(1, goneBack('kaputt'))
  await acceptBatch(db, device, device.journal)
  await acceptBatch(db, other, other.journal)
  await settle(db)
  expect((await open(db)).map((each) => [each.exception_id, each.store_id])).toEqual([
    ['UNKNOWN_WORD:return-reason:store:S1:kaputt', 'S1'],
    ['UNKNOWN_WORD:return-reason:store:S2:kaputt', 'S2'],
  ])
  expect((await open(db))[0]?.message).toContain('“kaputt” as a reason of a return, 2 times so far')
  expect(await report(db)).toMatchObject([
    { canonical: 'damaged', times: 1, said: ['damaged'] },
    { canonical: null, times: 3, said: ['kaputt'] },
  ])
  const before = [await report(db), await open(db)]
  await rebuildProjection(db, salesProjection)
  await settle(db)
  expect([await report(db), await open(db)]).toEqual(before)

  expect(await map(db, ['return-reason;store;S1;word;Kaputt;damaged;;m'])).toMatchObject({ outcome: 'in-force' })
  await settle(db)
  expect((await open(db)).map((each) => each.store_id)).toEqual(['S2'])
  await map(db, ['return-reason;all;;word;kaputt;defective;;m'])
  await settle(db)
  expect(await open(db)).toEqual([])
  expect(await report(db)).toMatchObject([
    { canonical: 'damaged', times: 3, said: ['damaged', 'kaputt'] },
    { canonical: 'defective', times: 1 },
  ])
  // A mapping that is taken away again: nobody knows the word any more.
  const read = readMappingCsv('list;scope;scope_id;kind;code;target;unit;owner\nreturn-reason;all;;word;late;other;;m')
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  await importMapping(db, { rows: read.rows, mode: 'replace', takeOver: false, by: 'Ben', why: 'oops', dryRun: false })
  await settle(db)
  expect(await open(db)).toHaveLength(2)
})

it('[IDN17] [HUB2] whatever comes first, with several workers: open is what nobody knows, and a rebuild says the same', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  const step = fc.constantFrom('send', 'look', 'both look', 'map A', 'map B', 'map all')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, sales_transaction, day_total, exception,
        mapping_version, mapping_entry, word_day, word_total, channel_word, tax_stated, tax_line, tax_day cascade`.execute(db)
      const device = await insertModelDevice(db)
      for (const [at, word] of ['a', 'B', 'c', 'A', 'other'].entries()) device.sell(at + 1, goneBack(word))
      let sent = 0
      const take = async (what: (typeof steps)[number]): Promise<unknown> => {
        switch (what) {
          case 'send':
            sent = Math.min(sent + 1, 5)
            return acceptBatch(db, device, device.journal.slice(0, sent))
          case 'look':
            return settle(other)
          case 'both look':
            return Promise.all([settle(db), settle(other)])
          case 'map A':
            return map(db, ['return-reason;store;S1;word;A;damaged;;m'])
          case 'map B':
            return map(db, ['return-reason;store;S1;word;b;expired;;m'])
          case 'map all':
            return map(db, ['return-reason;all;;word;a;recall;;m'])
        }
      }
      for (const each of steps) await take(each)
      await acceptBatch(db, device, device.journal)
      await Promise.all([settle(db), settle(other)])
      const unknown = ['a', 'b', 'c'].filter((word) => !(word === 'a' && steps.some((each) => each === 'map A' || each === 'map all')))
      const left = unknown.filter((word) => !(word === 'b' && steps.includes('map B')))
      const live = await open(db)
      expect(live.map((each) => each.exception_id)).toEqual(left.map((word) => `UNKNOWN_WORD:return-reason:store:S1:${word}`))
      const told = await report(db)
      expect(told.reduce((sum, each) => sum + each.times, 0)).toBe(5)
      await rebuildProjection(db, salesProjection)
      await settle(db)
      expect([await open(db), await report(db)]).toEqual([live, told])
    }),
    { numRuns: 25 },
  )
}, 120_000)

it('[IDN16] [IDN17] over HTTP: a channel’s state is asked for, waits, is mapped; the ERP’s and the tills’ tax codes wait where there is a tax master', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const device = await enrolModelDevice(db)
  const ask = (word: string) => hub.post('/v1/words', { channel: 'shop', list: 'order-state', word })
  expect(await ask('Shipped')).toEqual({ status: 200, body: { canonical: 'shipped' } })
  expect(await ask('on the van')).toEqual({ status: 200, body: { canonical: null } })
  expect(await ask('On The Van')).toEqual({ status: 200, body: { canonical: null } })
  const told = async () => (await hub.get('/v1/exceptions?state=open&kind=UNKNOWN_WORD')).body as { exceptions: { exceptionId: string }[] }
  const ids = async () => (await told()).exceptions.map((each) => each.exceptionId).sort()
  expect(await ids()).toEqual(['UNKNOWN_WORD:order-state:channel:shop:on the van'])
  await map(db, ['order-state;channel;shop;word;on the van;shipped;;shop'])
  await vi.waitFor(async () => expect(await ids()).toEqual([]), 15_000)
  expect(await ask('on the van')).toEqual({ status: 200, body: { canonical: 'shipped' } })

  await db
    .insertInto('item')
    .values({ item_id: 'MILK', name: 'Milk', barcodes: [], unit: 'each', tax_code: 'T7', tax_rate_micro: 70_000, erp_id: null })
    .execute()
  device.sell(1)
  await acceptBatch(db, device, device.journal)
  await vi.waitFor(async () => {
    const { body } = await hub.get('/v1/words?list=tax&storeId=S1&from=2026-01-31&to=2026-01-31')
    expect(body).toEqual({ words: [{ canonical: null, currency: 'EUR', times: 1, amountMinor: 16, said: ['a'] }] })
  }, 10_000)
  expect(await ids()).toEqual([])
  await sql`insert into tax_rate (jurisdiction, category, rate_micro, effective_from, made_by, reason) values ('DE', 'food', 70000, '2020-01-01', 'm', 'm')`.execute(
    db,
  )
  expect(await hub.put('/v1/stores/S1/tax-jurisdiction', { jurisdiction: 'DE' })).toMatchObject({ status: 200 })
  await vi.waitFor(async () => expect(await ids()).toEqual(['UNKNOWN_WORD:tax:all::T7', 'UNKNOWN_WORD:tax:store:S1:a']), 15_000)
  await map(db, ['tax;all;;word;T7;food;;m', 'tax;all;;word;A;food;;m'])
  await vi.waitFor(async () => expect(await ids()).toEqual([]), 15_000)
  expect(await hub.get('/v1/words?list=tax&from=2026-01-31&to=2026-01-31')).toMatchObject({
    body: { words: [{ canonical: 'food', times: 1 }] },
  })
}, 60_000)
