/** Rebuilds at a real PostgreSQL beside all else that goes on: live workers, intake, bookings, decisions; killed in the middle, two at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { mergeWaitingLines } from '#hub/identity/waiting-lines.ts'
import { advanceStream, rebuildProjection, shareProjection } from '#hub/merge/advance.ts'
import { noteLate } from '#hub/merge/late-records.ts'
import { rebuildOnline, type Rebuilt } from '#hub/rebuild/rebuild.ts'
import { addMovements, lockStock, settleCounts } from '#hub/stock/balance.ts'
import { correctStock } from '#hub/stock/corrections.ts'
import { placeCorrections } from '#hub/stock/count-conflicts.ts'
import { decideReturns, readHeld } from '#hub/stock/return-decisions.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import type { Tables } from '#hub/storage/tables.ts'
import fc from 'fast-check'
import { sql, type Transaction } from 'kysely'
import { afterEach, expect, it, vi } from 'vitest'
import { countedBy, drainAll, projections } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, receipt } from './model-device.ts'
import { addItem, stockDocument } from './stocking.ts'
import { leftovers, send } from './rebuilding.ts'

const server = withDatabase()
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
})

const startCommand = (url: string, ...args: string[]): ChildProcess & { lines: string[] } => {
  const child = spawn(process.execPath, ['hub/server.ts', 'rebuild', ...args], {
    env: { ...process.env, DATABASE_URL: url, TIDELINE_LOG: 'silent', TIDELINE_ERP: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  return Object.assign(child, { lines })
}

/** Holds back what the shadow would read next: its transactions wait for a lock of the stock of this store. */
const holdStore = (db: Database, storeId: string): Promise<() => Promise<void>> =>
  new Promise((settle, reject) => {
    const done = db.transaction().execute(async (trx) => {
      await lockStock(trx, [storeId], 'alone')
      await new Promise<void>((release) =>
        settle(async () => {
          release()
          await done
        }),
      )
    })
    done.catch(reject)
  })

const waitingInShadow = async (db: Database): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database() and application_name = 'tideline-rebuild'`.execute(db)
  return rows[0]?.count ?? 0
}

it('[MRG23] [MRG20] kill -9 in the middle leaves the live side whole; the next one begins anew and gets to its end, and says so', async () => {
  const { db, url } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  for (let n = 1; n <= 20; n++) (n % 2 ? a : b).sell(n)
  for (const device of [a, b]) await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  await sql`update stock_balance set quantity_milli = 1 where store_id = 'S1'`.execute(db)
  const damaged = await countedBy(db)

  const letGo = await holdStore(db, 'S2')
  const killed = startCommand(url, 'stock')
  await vi.waitFor(async () => {
    expect(await waitingInShadow(db)).toBe(1)
    const { rows } = await sql<{
      read: number
    }>`select sum(seq)::int as read from projection_position where projection = 'rebuild:stock'`.execute(db)
    expect(rows[0]?.read).toBe(10)
  }, 20_000)
  const refused = await rebuildOnline(db, stockProjection, { mode: 'replace' })
  expect(refused).toEqual({
    outcome: 'busy',
    message: expect.stringMatching(/^The projection stock is being rebuilt already, since 20.+ records/),
  })
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await letGo()
  expect(await countedBy(db)).toEqual(damaged)

  await vi.waitFor(async () => expect(await waitingInShadow(db)).toBe(0), 10_000)
  const again = startCommand(url, 'stock')
  expect(await once(again, 'exit')).toEqual([0, null])
  expect(again.lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^20 of 20 records, \d+ a second, all read$/),
      '  balances of stock: of 2, 1 is wrong',
      '      store_id S1, item_id MILK: quantity_milli was 1 and comes to -20000',
    ]),
  )
  const { exceptions, ...rest } = await countedBy(db)
  expect(rest).toEqual({ ...live, exceptions: undefined })
  expect(exceptions.map((row) => row['exception_id'])).toEqual(['PROJECTION_DIFFERED:stock'])
  const { rows: told } = await sql`select state, mode, records_read from projection_rebuild order by rebuild_id`.execute(db)
  expect(told).toMatchObject([
    { state: 'cut-off', mode: 'replace' },
    { state: 'done', mode: 'replace', records_read: 20 },
  ])
  expect(await leftovers(db)).toEqual([])
})

it('[MRG23] a shadow whose tables a crash of the database emptied, or that another rebuild took over, changes nothing', async () => {
  const { db, anotherPool } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  for (let n = 1; n <= 4; n++) (n % 2 ? a : b).sell(n)
  for (const device of [a, b]) await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  const meddle = async (statement: string) => {
    const letGo = await holdStore(anotherPool(), 'S2')
    const rebuilding = rebuildOnline(db, stockProjection, { mode: 'replace', lanes: 2 })
    await vi.waitFor(async () => {
      const { rows } = await sql<{
        read: number
      }>`select sum(seq)::int as read from projection_position where projection = 'rebuild:stock'`.execute(db)
      expect(rows[0]?.read).toBe(2)
    }, 10_000)
    const meddled = sql.raw(statement).execute(db)
    await letGo()
    await meddled
    const rebuilt = await rebuilding
    expect(rebuilt.outcome).toBe('cut-off')
    expect(await countedBy(db)).toEqual(live)
    return rebuilt.message
  }
  // As PostgreSQL leaves an unlogged table after a crash.
  expect(await meddle('truncate rebuild_stock.rebuild_mark')).toContain('the database fell over')
  expect(await meddle(`update projection_rebuild set state = 'cut-off' where state = 'running'`)).toContain(
    'another rebuild of this projection has begun since',
  )
  expect(await rebuildOnline(db, stockProjection, { mode: 'compare' })).toMatchObject({
    message: 'The projection stock is what the log comes to.',
  })
})

/** A rebuild of the stock whose shadow has looked already: `work` happens before the live side is held. */
const rebuildAround = async (db: Database, other: Database, work: (trx: Transaction<Tables>) => Promise<unknown>): Promise<Rebuilt> => {
  const rebuilding = await other.transaction().execute(async (trx) => {
    await shareProjection(trx, 'stock')
    const rebuilt = rebuildOnline(db, stockProjection, { mode: 'replace' })
    await vi.waitFor(async () => {
      const { rows } = await sql`select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`.execute(db)
      expect(rows).toHaveLength(1)
    }, 10_000)
    await work(trx)
    return { rebuilt }
  })
  return rebuilding.rebuilt
}

it('[MRG21] [STK6] what is booked after the shadow looked, and before the live side is held, is in both', async () => {
  const { db, anotherPool } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  device.sell(1)
  await send(db, device)
  await drainAll(db)
  const rebuilt = await rebuildAround(db, anotherPool(), async (trx) => {
    const booked = { store_id: 'S1', natural_key: 'S1|booked|k', item_id: 'MILK', quantity_milli: 500, business_day: '2026-01-31' }
    const kind = 'adjustment' as const
    await trx
      .insertInto('stock_correction')
      .values({ ...booked, kind, correction_key: 'k', reason: 'r' })
      .execute()
    await addMovements(trx, [{ ...booked, kind, line_number: 1, device_id: null, incarnation: null, seq: null }], 'once')
  })
  expect(rebuilt).toMatchObject({ outcome: 'done', message: 'The projection stock is what the log comes to.' })
  expect((await countedBy(db)).balances).toEqual([{ store_id: 'S1', item_id: 'MILK', quantity_milli: -1_500 }])
})

it('[MRG21] [MRG46] what a person decides of a crossing correction meanwhile is in both', async () => {
  const { db, anotherPool } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  const correction = { key: 'k', storeId: 'S1', itemId: 'MILK', kind: 'adjustment' as const, businessDay: '2026-01-31', reason: 'found' }
  await correctStock(db, { ...correction, quantityMilli: 3_000 })
  device.append(JSON.stringify(stockDocument()), 'stock-document')
  await send(db, device)
  await drainAll(db)
  expect((await countedBy(db)).balances).toMatchObject([{ quantity_milli: 13_000 }])
  const rebuilt = await rebuildAround(db, anotherPool(), async (trx) => {
    await trx.updateTable('override_ruling').set({ decided_winner: 'store', decided_basis: 'person' }).execute()
    await placeCorrections(trx, 'all')
    await settleCounts(trx, 'S1', ['S1|booked|k'])
  })
  expect(rebuilt).toMatchObject({ outcome: 'done', message: 'The projection stock is what the log comes to.' })
  expect((await countedBy(db)).balances).toMatchObject([{ quantity_milli: 10_000 }])
})

it('[MRG20] [MRG21] [HUB2] whatever is taken in, merged, filled in and booked meanwhile: a rebuild equals what was live, and puts damage right', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  const sale = fc.record({
    what: fc.constantFrom('sell', 'sell', 'sell', 'count', 'unknown', 'return'),
    number: fc.integer({ min: 1, max: 9 }),
    store: fc.nat(2),
  })
  const damages = {
    stock: [
      'delete from stock_movement where line_number = 1',
      'delete from return_hold',
      'update stock_balance set quantity_milli = 1',
      'delete from stock_place',
      'delete from waiting_line',
    ],
    sales: [
      'delete from tax_line',
      'delete from sales_transaction where seq = 1',
      'update day_total set count = 9',
      'delete from day_total',
    ],
    exceptions: ["delete from exception where kind = 'KEY_CONFLICT'"],
    postings: ['delete from posting'],
    policies: ['delete from till_day', 'delete from policy_close', 'delete from policy_finding'],
    'day-closes': ['select 1'],
    overrides: ['select 1'],
  }
  let corrections = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(sale, { minLength: 1, maxLength: 25 }),
      fc.array(sale, { maxLength: 15 }),
      fc.constantFrom(...projections),
      fc.nat(9),
      async (before, meanwhile, projection, chance) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, projection_rebuild, sales_transaction, day_total,
          stock_movement, stock_balance, stock_place, stock_document, stock_base, stock_correction, waiting_line, return_claim, return_hold,
          return_decision, tax_stated, tax_line, tax_day, till_day, policy_close, policy_finding, item, exception, posting,
          feed_head, feed_entry cascade`.execute(db)
        const devices = [await enrolModelDevice(db), await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
        await addItem(db, 'MILK')
        const play = ({ what, number, store }: { what: string; number: number; store: number }): void => {
          const device = devices[store] ?? devices[0]!
          if (what === 'count')
            device.append(JSON.stringify(stockDocument({ storeId: device.storeId, documentId: `c${number}` })), 'stock-document')
          else if (what === 'return')
            device.sell(20 + number, {
              kind: 'return',
              lineItems: [{ ...receipt(1).lineItems[0], quantityMilli: -3_000 }],
              references: [{ relation: 'return-of', storeId: 'S1', workstationId: '1', businessDay: '2026-01-31', sequenceNumber: number }],
            })
          else device.sell(number, what === 'unknown' ? { lineItems: [{ ...receipt(1).lineItems[0], itemId: `U${number % 2}` }] } : {})
        }
        const sendNew = async (): Promise<void> => {
          for (const device of devices) if (device.journal.length > 0) await send(other, device)
        }
        before.forEach(play)
        await sendNew()
        await drainAll(db)
        const [damage = 'select 1'] = damages[projection.name as keyof typeof damages].slice(chance % 5)
        await sql.raw(damage).execute(db)

        const live = async (): Promise<void> => {
          for (const one of meanwhile) {
            play(one)
            await sendNew()
            for (const device of devices) await advanceStream(other, projection, device)
            if (one.number === 2) await addItem(other, `U${one.store % 2}`)
            if (one.number === 3) await mergeWaitingLines(other)
            if (one.number === 6)
              for (const { original } of await readHeld(other, { limit: 9 }))
                await decideReturns(other, { original, decision: 'accept', by: 'p', why: 'w' })
            if (one.number === 4) {
              const key = `k${++corrections}`
              await correctStock(other, {
                key,
                storeId: 'S1',
                itemId: 'MILK',
                kind: 'adjustment',
                quantityMilli: 500,
                businessDay: '2026-01-31',
                reason: 'r',
              })
            }
            const [first] = one.number === 5 && projection.name !== 'day-closes' ? (devices[one.store]?.journal ?? []) : []
            if (first) await other.transaction().execute((trx) => noteLate(trx, devices[one.store]!, [1]))
          }
        }
        const [rebuilt] = await Promise.all([rebuildOnline(db, projection, { mode: 'replace', lanes: (chance % 3) + 1 }), live()])
        expect(rebuilt).toMatchObject({ outcome: 'done' })
        // What is left of the damage would be seen by a second look, at rest.
        await drainAll(db)
        await mergeWaitingLines(db)
        expect(await rebuildOnline(db, projection, { mode: 'compare' })).toMatchObject({
          message: `The projection ${projection.name} is what the log comes to.`,
        })
        const { exceptions, ...counted } = await countedBy(db)
        await rebuildProjection(db, projection)
        await mergeWaitingLines(db)
        expect(await countedBy(db)).toEqual({ ...counted, exceptions })
        expect(await leftovers(db)).toEqual([])
      },
    ),
    { numRuns: 12 },
  )
})
