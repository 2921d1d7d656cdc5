/** The fleet simulator itself: agents in processes of their own, and a hub that is killed under them. */
import { openDatabase } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { enrolFleet } from './enrol-fleet.ts'
import { startFleetHub } from './fleet-hub.ts'
import { startFleet } from './fleet.ts'
import { proveLog } from './log-proof.ts'
import { fileLimitObjection } from './open-files.ts'

const stores = 50

it('[TRN10] [TRN14] fifty stores sell while their hub is killed: all come back, and each sale is in the log once', async () => {
  const hub = await startFleetHub()
  onTestFinished(() => hub.stop())
  const db = openDatabase(hub.databaseUrl)
  onTestFinished(() => db.destroy())
  const tookMs: number[] = []
  const fleet = await startFleet({
    ...{ hubUrl: hub.url, stores: await enrolFleet(db, stores), storesPerProcess: 25 },
    onLook: (status) => void tookMs.push(...status.tookMs),
  })
  onTestFinished(() => fleet.stop())

  await fleet.until(({ connected }) => connected === stores, 'all are connected')
  await fleet.sell(120)
  const before = await fleet.until(({ acknowledged }) => acknowledged >= stores, 'sales arrive')
  await hub.restart()
  const away = await fleet.look()
  expect(away.captured).toBeGreaterThan(before.captured)
  await fleet.until(({ connected }) => connected === stores, 'all are back')
  await fleet.until(({ captured }) => captured >= away.captured + stores, 'they sell on')
  await fleet.sell(0)
  const { captured } = await fleet.until((status) => status.acknowledged === status.captured, 'all is acknowledged')

  const journals = await fleet.journals()
  expect(await proveLog(db, journals)).toEqual({ stores, records: captured, findings: [] })
  expect(journals.filter(({ seq }) => seq > 0)).toHaveLength(stores)
  expect(tookMs).toHaveLength(captured)
  expect(fleet.takeMostHellos()).toBeGreaterThan(0)

  // The proof sees what it is for: a record less, and one that is another.
  const [first, second] = journals
  await sql`delete from record_log where device_id = ${first?.deviceId} and seq = 1`.execute(db)
  await sql`update device_stream set head_hash = repeat('0', 64) where device_id = ${second?.deviceId}`.execute(db)
  expect((await proveLog(db, journals)).findings.toSorted()).toEqual(
    [
      `${first?.deviceId}: the journal has ${first?.seq} records, the log ${Number(first?.seq) - 1}`,
      `${second?.deviceId}: journal and log end in different records`,
    ].toSorted(),
  )
})

it('says how many open files a fleet needs, before it starts', () => {
  expect(fileLimitObjection(5_000, 20_000)).toBeNull()
  expect(fileLimitObjection(5_000, 4_096)).toContain('ulimit -n 5200')
})
