/** Lives of the hub's data: backups as copies of the database, a cluster that was recovered, several gateways. */
import { PGlite } from '@electric-sql/pglite'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readClusterMark } from '#hub/epoch/cluster-mark.ts'
import { declareEpoch, ensureEpoch, listEpochs } from '#hub/epoch/epoch.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { prepareFolder, removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { upMessages } from '#sync/contract/up.ts'
import { sql } from 'kysely'
import pino from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'
import { withHubs } from './running-hub.ts'
import type { WireClient } from './wire-client.ts'

const server = withDatabase()
const gateways = withGateways()
const startHub = withHubs()

/** Who is sent home, or finds the hub out of reach of its database, comes again, as an agent does. */
const welcomed = async (wire: WireClient, device: ModelDevice, remembers?: { epoch: string; ackedSeq: number }) =>
  vi.waitFor(async () => {
    const answer = upMessages.hello.response.parse(await wire.hello(device, { protocolVersion: 3, ...(remembers && { remembers }) }))
    if ('code' in answer) expect(['HUB_BUSY', 'HUB_UNAVAILABLE']).not.toContain(answer.code)
    return answer
  }, 5_000)
const epochOf = (answer: Awaited<ReturnType<typeof welcomed>>): string => ('epoch' in answer && answer.epoch) || 'none'

const logged = async (db: Database): Promise<number[]> =>
  (await db.selectFrom('record_log').select('seq').where('verdict', '=', 'accepted').orderBy('seq').execute()).map(({ seq }) => seq)

const fellBack = (db: Database) => db.selectFrom('exception').selectAll().where('kind', '=', 'HUB_FELL_BACK').execute()

it('[HUB11] [OPS2] processes that start together begin one epoch, and later ones keep it', async () => {
  const { db, anotherPool } = await server.fresh()
  const begun = await Promise.all([db, anotherPool(), anotherPool(), anotherPool()].map((pool) => ensureEpoch(pool)))
  expect(begun.filter((each) => each.begun)).toHaveLength(1)
  expect(new Set(begun.map(({ epoch }) => epoch.epoch)).size).toBe(1)
  expect(await ensureEpoch(db)).toMatchObject({ begun: false })
  await sql`update hub_epoch set system = 'unknown'`.execute(db)
  expect(await ensureEpoch(db)).toMatchObject({ begun: false })
  await sql`update hub_epoch set system = '1:00000001'`.execute(db)
  expect(await ensureEpoch(db)).toMatchObject({ begun: true, epoch: { reason: expect.stringContaining('1:00000001') } })
  expect(await listEpochs(db)).toHaveLength(2)
})

it('[HUB11] what is declared on a database that knows of no epoch has one before it: postings rest behind it as behind any other', async () => {
  const { db } = await server.fresh()
  await declareEpoch(db, 'put back to the very beginning')
  expect(await listEpochs(db)).toMatchObject([{ reason: 'put back to the very beginning' }, { reason: expect.stringContaining('first') }])
})

it('[HUB11] a database that does not say which cluster it is keeps its epoch until the operator speaks', async () => {
  const { db, url } = await server.fresh()
  const { epoch } = (await ensureEpoch(db)).epoch
  const name = `plain_${new URL(url).pathname.slice(1)}`
  await sql.raw(`create role ${name} login password 'p'; grant all on all tables in schema public to ${name}`).execute(db)
  await sql.raw('revoke execute on function pg_control_system() from public').execute(db)
  const plain = openDatabase(Object.assign(new URL(url), { username: name, password: 'p' }).href, { maxConnections: 2 })
  onTestFinished(() => plain.destroy())
  expect(await readClusterMark(plain)).toBe('unknown')
  expect(await ensureEpoch(plain)).toMatchObject({ begun: false, epoch: { epoch } })
  expect((await declareEpoch(plain, 'restored')).epoch).not.toBe(epoch)
})

it('[HUB11] the mark can be read where PostgreSQL runs within the process', async () => {
  const lite = await PGlite.create()
  onTestFinished(() => lite.close())
  const { rows } = await lite.query<{ mark: string }>(
    "select system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as mark from pg_control_system()",
  )
  expect(rows[0]?.mark).toMatch(/^\d+:[0-9A-F]{8}$/)
})

it('[HUB11] a cluster that was recovered begins a new epoch by itself', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-recovered-'))
  const dataDir = join(dir, 'data')
  const log = pino({ level: 'silent' })
  onTestFinished(async () => {
    await removeEmbeddedPostgres(dataDir)
    await rm(dir, { recursive: true, force: true })
  })
  const run = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    // There is no archive: what is to be restored is in the folder already.
    const postgres = await startEmbeddedPostgres({ dataDir, log, settings: { restore_command: 'false' } })
    const db = openDatabase(postgres.url, { maxConnections: 2 })
    return work(db).finally(async () => {
      await db.destroy()
      await postgres.stop()
    })
  }
  const first = await run(async (db) => {
    await migrate(db)
    return (await ensureEpoch(db)).epoch
  })
  expect(await run(ensureEpoch)).toMatchObject({ begun: false, epoch: first })
  const { data, runAs } = await prepareFolder(dataDir, log)
  const signal = join(data, 'recovery.signal')
  await writeFile(signal, '')
  if (runAs) await chown(signal, runAs.uid, runAs.gid)
  const recovered = await run(async (db) => {
    await vi.waitFor(
      async () =>
        expect((await sql<{ ready: boolean }>`select not pg_is_in_recovery() as ready`.execute(db)).rows).toEqual([{ ready: true }]),
      10_000,
    )
    return ensureEpoch(db)
  })
  expect(recovered).toMatchObject({ begun: true, epoch: { reason: expect.stringContaining('timeline') } })
  expect(recovered.epoch.epoch).not.toBe(first.epoch)
})

it('[TRN15] [HUB11] a hub restored to before what it acknowledged is refused by itself, says so once, and is filled again after a word', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  for (let n = 1; n <= 8; n++) device.sell(n)
  const first = await gateways.start(database)
  const before = gateways.connect(first)
  const epoch = epochOf(await welcomed(before, device))
  await before.send('batch', { records: device.journal.slice(0, 3) })
  before.socket.disconnect()
  const restored = await server.copyOf(database)
  const after = gateways.connect(first)
  expect(await welcomed(after, device, { epoch, ackedSeq: 3 })).toMatchObject({ outcome: 'welcome', epoch, ackedSeq: 3 })
  await after.send('batch', { records: device.journal.slice(3) })

  const url = await gateways.start(restored)
  const wire = gateways.connect(url)
  for (let attempt = 1; attempt <= 2; attempt++)
    expect(await welcomed(wire, device, { epoch, ackedSeq: 8 })).toMatchObject({ outcome: 'refused', code: 'HUB_FELL_BACK' })
  expect(await fellBack(restored.db)).toMatchObject([
    {
      state: 'open',
      owner: 'hub',
      store_id: 'S1',
      message: expect.stringMatching(/lacks 5 records .*4 to 8.*nothing since \d{4}-.*POST \/v1\/epochs/),
    },
  ])
  // One that remembers no more than the hub has is let in: nothing of its journal is missing.
  const lucky = gateways.connect(url)
  expect(await welcomed(lucky, device, { epoch, ackedSeq: 3 })).toMatchObject({ outcome: 'welcome', epoch })

  const { epoch: declared } = await declareEpoch(restored.anotherPool(), 'restored from last night')
  const answer = await welcomed(wire, device, { epoch, ackedSeq: 8 })
  expect(answer).toMatchObject({ outcome: 'welcome', epoch: declared, ackedSeq: 3 })
  expect(await wire.send('batch', { records: device.journal.slice(3) })).toMatchObject({ outcome: 'acknowledged', ackedSeq: 8 })
  expect(await logged(restored.db)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(await fellBack(restored.db)).toMatchObject([{ state: 'resolved' }])
})

it('[HUB11] a stand-by that took over unheard begins its epoch at the first hello that finds something missing', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  const wire = gateways.connect(await gateways.start(database))
  const { epoch } = (await ensureEpoch(database.db)).epoch
  await sql`update hub_epoch set system = '1:00000001'`.execute(database.db)
  const answer = await welcomed(wire, device, { epoch, ackedSeq: 5 })
  expect(answer).toMatchObject({ outcome: 'welcome', ackedSeq: 0 })
  expect(epochOf(answer)).not.toBe(epoch)
  expect(await fellBack(database.db)).toEqual([])
})

it('[HUB11] [OPS2] the operator declares an epoch at one hub; stores at all of them come back into it and pull in it', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  const settings = { DATABASE_URL: database.url, TIDELINE_ROLES: 'gateway' }
  const [here, there] = [await startHub(settings), await startHub(settings)]
  const wire = there.wire()
  const epoch = epochOf(await welcomed(wire, device))
  expect(await here.get('/v1/epochs')).toMatchObject({ status: 200, body: { epochs: [{ epoch }] } })
  expect(await wire.send('pull', { feed: 'settings', after: 0, limit: 5 })).toMatchObject({ outcome: 'pulled', epoch })
  expect((await here.post('/v1/epochs', { reason: ' ' })).status).toBe(422)
  expect((await here.post('/v1/epochs', { reason: 'x' }, {})).status).toBe(401)
  const answer = await here.post('/v1/epochs', { reason: 'restored from Tuesday' })
  expect(answer).toMatchObject({ status: 201, body: { reason: 'restored from Tuesday' } })
  const { epoch: declared } = answer.body as { epoch: string }
  expect(await here.get('/v1/epochs')).toMatchObject({ body: { epochs: [{ epoch: declared }, { epoch }] } })
  await vi.waitFor(() => expect(wire.pushed.at(-1)).toMatchObject({ event: 'dismiss', message: { code: 'HUB_UNAVAILABLE' } }), 10_000)
  const again = there.wire()
  expect(epochOf(await welcomed(again, device, { epoch, ackedSeq: 50 }))).toBe(declared)
})
