import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { feedChannel, writeFeed } from '#hub/catalogue/feed.ts'
import { createEnrolmentCode, enrolDevice } from '#hub/enrolment/enrolment.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { startListener } from '#hub/storage/listener.ts'
import { isMigrated, migrate, migrations } from '#hub/storage/migrate.ts'
import { generateKeyPairSync } from 'node:crypto'
import { sql } from 'kysely'
import pino from 'pino'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'

const server = withDatabase()
const log = pino({ level: 'silent' })

it('[HUB8] [OPS2] several processes migrating at once: one does the work, all find it done', async () => {
  const { db, anotherPool } = await server.unmigrated()
  const pools = [db, anotherPool(), anotherPool(), anotherPool()]
  const applied = await Promise.all(pools.map((pool) => migrate(pool)))
  expect(applied.flat()).toEqual(migrations.map((m) => m.number))
  expect(await isMigrated(db)).toBe(true)
})

it('[HUB8] migration 2 tells from each natural key where an exception is, and leaves the others as they were', async () => {
  const { db } = await server.unmigrated()
  expect(await migrate(db, 1)).toEqual([1])
  await sql`insert into exception (exception_id, kind, store_id, natural_key, message, owner) values
    ('a', 'KEY_CONFLICT', 'S1', 'S1|2|2026-01-31|1043', 'm', 'store'),
    ('b', 'KEY_CONFLICT', 'S|1', 'S|1|a|b|2026-01-31|7', 'm', 'store'),
    ('c', 'PRICE_JUMP', null, null, 'm', 'hub'),
    ('d', 'KEY_CONFLICT', 'S1', 'no key of ours', 'm', 'store')`.execute(db)
  expect(await migrate(db)).toEqual(migrations.map((m) => m.number).slice(1))
  const { rows } = await sql`select exception_id, workstation_id, business_day, sequence_number, state from exception order by 1`.execute(
    db,
  )
  expect(rows.map((row) => Object.values(row as object))).toEqual([
    ['a', '2', '2026-01-31', 1_043, 'open'],
    ['b', 'a|b', '2026-01-31', 7, 'open'],
    ['c', null, null, null, 'open'],
    ['d', null, null, null, 'open'],
  ])
})

it('[HUB8] a database of a newer hub is refused', async () => {
  const { db } = await server.fresh()
  await sql`insert into schema_migration (number, name) values (9999, 'of the future')`.execute(db)
  await expect(migrate(db)).rejects.toThrow(/newer hub/)
})

it('[TRN11] an enrolment code is used once, even by two devices at once, and expires', async () => {
  const { db } = await server.fresh()
  await enrolModelDevice(db)
  const made = await createEnrolmentCode(db, 'S1')
  const expired = await createEnrolmentCode(db, 'S1', -1)
  if (made.outcome !== 'created' || expired.outcome !== 'created') throw new Error('no code')
  const newKey = (): string => generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  const results = await Promise.all([1, 2, 3].map(() => enrolDevice(db, { code: made.code, publicKey: newKey(), hostName: 'h' })))
  expect(results.map((result) => result.outcome).sort()).toEqual(['bad-code', 'bad-code', 'enrolled'])
  expect(await enrolDevice(db, { code: expired.code, publicKey: newKey(), hostName: 'h' })).toEqual({ outcome: 'bad-code' })
  expect(await createEnrolmentCode(db, 'nowhere')).toEqual({ outcome: 'unknown-store' })
  const stored = await db.selectFrom('enrolment_code').selectAll().execute()
  expect(JSON.stringify(stored)).not.toContain(made.code)
})

it('[TRN6] notifications are heard again after PostgreSQL was restarted underneath', async () => {
  const { db, url } = await server.fresh()
  const heard: string[] = []
  let listening = 0
  const listener = startListener({
    url,
    log,
    channels: { [feedChannel]: (payload) => heard.push(payload) },
    onListening: () => listening++,
    retryDelayMs: 20,
  })
  const publish = (rate: number) =>
    db
      .transaction()
      .execute((trx) =>
        writeFeed(trx, 'items', '*', [
          { itemId: 'A', name: `n${rate}`, barcodes: [], unit: 'each', taxCode: 'A', taxRateMicro: rate } as never,
        ]),
      )
  await vi.waitFor(() => expect(listening).toBe(1))
  await publish(1)
  await vi.waitFor(() => expect(heard).toEqual(['items|*|0']))
  await server.restart()
  await vi.waitFor(() => expect(listening).toBe(2), 10_000)
  await publish(2)
  await vi.waitFor(() => expect(heard).toEqual(['items|*|0', 'items|*|1']))
  await listener.stop()
})

it('[OPS2] two starts on one data folder share one server, and a stale lock file does not keep it from starting', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-embedded-'))
  try {
    const [first, second] = await Promise.all([startEmbeddedPostgres({ dataDir: dir, log }), startEmbeddedPostgres({ dataDir: dir, log })])
    expect(second.url).toBe(first.url)
    process.kill(first.postmasterPid, 'SIGKILL')
    const again = await startEmbeddedPostgres({ dataDir: dir, log })
    expect(again.postmasterPid).not.toBe(first.postmasterPid)
    await again.stop()
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
