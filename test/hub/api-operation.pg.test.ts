/** A listening hub at work: pages that stay true while sales arrive, readiness while the database is away, figures after a batch. */
import { raiseExceptions } from '#hub/exception/exception.ts'
import { openDatabase } from '#hub/storage/database.ts'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { type RunningHub, withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const deliver = async (hub: RunningHub, device: ModelDevice, from = 0): Promise<Record<string, unknown>> => {
  const wire = hub.wire()
  await wire.hello(device)
  return wire.send('batch', { records: device.journal.slice(from) })
}

interface Page {
  next: string | null
}

/** All pages of a list; `between` runs after the first one. */
const readPages = async <T>(hub: RunningHub, path: string, read: (body: unknown) => T[], between = async () => {}): Promise<T[][]> => {
  const pages: T[][] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await hub.get(`${path}${cursor === '' ? '' : `&after=${encodeURIComponent(cursor)}`}`)
    expect(status).toBe(200)
    pages.push(read(body))
    cursor = (body as Page).next
    if (pages.length === 1) await between()
  }
  return pages
}

it('[HUB2] transactions are paged without a gap or a double, also when more arrive between two pages', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const device = await enrolModelDevice(db)
  const others = await enrolModelDevice(db, 'S2')
  others.sell(1)
  await deliver(hub, others)
  for (let n = 1; n <= 25; n++) device.sell(n * 2, { businessDay: n <= 20 ? '2026-01-31' : '2026-02-01' })
  await deliver(hub, device)
  const keysOf = (body: unknown): string[] => (body as { transactions: { naturalKey: string }[] }).transactions.map((row) => row.naturalKey)
  const path = '/v1/transactions?storeId=S1&limit=10'
  await vi.waitFor(async () => expect(keysOf((await hub.get('/v1/transactions?storeId=S1')).body)).toHaveLength(25), 10_000)
  const keys = keysOf((await hub.get('/v1/transactions?storeId=S1')).body)
  expect(keys).toEqual([...keys].sort())

  expect((await readPages(hub, path, keysOf)).map((page) => page.length)).toEqual([10, 10, 5])
  expect((await readPages(hub, path, keysOf)).flat()).toEqual(keys)
  const day = await readPages(hub, `${path}&businessDay=2026-02-01`, keysOf)
  expect(day).toEqual([keys.filter((key) => key.includes('2026-02-01'))])

  const while25 = await readPages(hub, path, keysOf, async () => {
    for (let n = 1; n <= 25; n++) device.sell(n * 2 + 1)
    await deliver(hub, device, 25)
    await vi.waitFor(async () => expect(keysOf((await hub.get('/v1/transactions?storeId=S1')).body)).toHaveLength(50), 10_000)
  })
  const seen = while25.flat()
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen).toEqual([...seen].sort())
  expect(keys.filter((key) => !seen.includes(key))).toEqual([])
})

it('[HUB7] exceptions are paged, and filtered by state and store', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const made = Array.from({ length: 25 }, (_, n) => ({
    exceptionId: `KEY_CONFLICT:${String(n).padStart(2, '0')}`,
    kind: 'KEY_CONFLICT' as const,
    storeId: n < 20 ? 'S1' : 'S2',
    message: `receipt ${n}`,
  }))
  await raiseExceptions(db, made)
  await db
    .updateTable('exception')
    .set({ state: 'resolved', resolved_at: new Date() })
    .where('exception_id', '=', 'KEY_CONFLICT:03')
    .execute()
  const idsOf = (body: unknown): string[] => (body as { exceptions: { exceptionId: string }[] }).exceptions.map((row) => row.exceptionId)
  const pages = await readPages(hub, '/v1/exceptions?limit=10', idsOf)
  expect(pages.map((page) => page.length)).toEqual([10, 10, 5])
  expect(pages.flat()).toEqual(made.map((each) => each.exceptionId))
  expect((await readPages(hub, '/v1/exceptions?limit=8&state=open&storeId=S1', idsOf)).flat()).toHaveLength(19)
  expect(await hub.get('/v1/exceptions?state=resolved')).toMatchObject({
    body: {
      exceptions: [{ exceptionId: 'KEY_CONFLICT:03', state: 'resolved', owner: 'store', resolvedAt: expect.any(String) }],
      next: null,
    },
  })
})

it('[OPS2] /healthz says that the process lives, /readyz that it can serve: 503 while the database is away, and 200 again', async () => {
  const { url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  expect(await hub.get('/readyz', {})).toEqual({ status: 200, body: { status: 'ok' } })
  const ready: unknown[] = []
  const stores: unknown[] = []
  let done = false
  const restarted = server.restart().then(() => (done = true))
  while (!done) {
    ready.push(await hub.get('/readyz', {}))
    stores.push(await hub.get('/v1/stores'))
    expect(await hub.get('/healthz', {})).toEqual({ status: 200, body: { status: 'ok' } })
    expect((await hub.get('/metrics', {})).status).toBe(200)
  }
  await restarted
  expect(ready).toContainEqual({ status: 503, body: { status: 'unavailable', reason: 'the database does not answer' } })
  expect(stores).toContainEqual({ status: 503, body: { code: 'HUB_UNAVAILABLE', message: expect.any(String) } })
  await vi.waitFor(async () => expect(await hub.get('/readyz', {})).toEqual({ status: 200, body: { status: 'ok' } }), 10_000)
})

it('[HUB8] /readyz refuses a database whose schema is not this hub’s', async () => {
  const { url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const db = openDatabase(url)
  await db.deleteFrom('schema_migration' as never).execute()
  await db.destroy()
  expect(await hub.get('/readyz', {})).toMatchObject({
    status: 503,
    body: { status: 'unavailable', reason: expect.stringContaining('schema') },
  })
})

it('/metrics counts records by verdict, batches, sessions and what the projections have read', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const figures = async (): Promise<Map<string, string>> => {
    const { status, body } = await hub.get('/metrics', {})
    expect(status).toBe(200)
    const lines = (body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line): [string, string] => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]))
  }
  expect([...(await figures())]).toEqual(
    expect.arrayContaining([
      ['tideline_records_total{verdict="accepted"}', '0'],
      ['tideline_sessions', '0'],
    ]),
  )
  const device = await enrolModelDevice(db)
  device.sell(1)
  device.sell(1)
  device.sell(1, { operatorId: 'other' })
  device.sell(2)
  device.append('{"not":"a transaction"}')
  expect(await deliver(hub, device)).toMatchObject({ outcome: 'acknowledged', ackedSeq: 5 })
  await vi.waitFor(
    async () =>
      expect(Object.fromEntries(await figures())).toMatchObject({
        'tideline_records_total{verdict="accepted"}': '2',
        'tideline_records_total{verdict="duplicate"}': '1',
        'tideline_records_total{verdict="conflict"}': '1',
        'tideline_records_total{verdict="quarantined"}': '1',
        tideline_batch_seconds_count: '1',
        tideline_sessions: '1',
        'tideline_merged_records_total{projection="sales"}': '5',
        'tideline_merged_records_total{projection="exceptions"}': '5',
        'tideline_merge_lag_records{projection="sales"}': '0',
      }),
    10_000,
  )
})
