/**
 * What the test must do where the hub's database can be reached.
 *
 *   node test/netem/hub-side.ts enrol DATABASE_URL    enrols a store's device, and prints what the store's side needs
 *   node test/netem/hub-side.ts log DATABASE_URL      prints the log, in order
 */
import { openDatabase } from '#hub/storage/database.ts'
import { enrolModelDevice } from '../hub/model-device.ts'

const [verb, databaseUrl = ''] = process.argv.slice(2)
const db = openDatabase(databaseUrl)
if (verb === 'enrol') {
  const { deviceId, incarnation, storeId, privateKey } = await enrolModelDevice(db, 'S1')
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
  process.stdout.write(JSON.stringify({ deviceId, incarnation, storeId, key }))
} else {
  const rows = await db
    .selectFrom('record_log')
    .select(['seq', 'payload_hash as payloadHash', 'verdict'])
    .orderBy('incarnation')
    .orderBy('seq')
    .execute()
  process.stdout.write(JSON.stringify(rows))
}
await db.destroy()
