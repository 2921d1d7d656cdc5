/**
 * Stores with a device each, as enrolment leaves them, in a few statements: one by one, thousands would take minutes. Each call makes
 * new ones, so that a database may have been used before.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '#hub/storage/tables.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'

export interface FleetStore {
  storeId: string
  deviceId: string
  incarnation: string
  /** PKCS #8, PEM. */
  privateKey: string
}

interface Enrolled extends FleetStore {
  /** As enrolment keeps it: SPKI DER, base64url. */
  publicKey: string
  settings: string
}

const rowsAtOnce = 1_000

const newStore = (run: string, number: number): Enrolled => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const name = String(number).padStart(6, '0')
  const storeId = `F${run}-${name}`
  const settings = storeSettingsSchema.parse({ storeId, name: `Store ${storeId}`, currency: 'EUR', timeZone: 'Europe/Berlin' })
  return {
    ...{ storeId, deviceId: `dev-${run}${name}`, incarnation: `${run}${name}`.padEnd(12, 'a') },
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    settings: JSON.stringify(settings),
  }
}

const write = async (trx: Kysely<Tables>, stores: readonly Enrolled[]): Promise<void> => {
  const ids = stores.map((store) => store.storeId)
  const devices = stores.map((store) => store.deviceId)
  const keys = stores.map((store) => store.publicKey)
  const settings = stores.map((store) => store.settings)
  await sql`insert into store (store_id, name, currency, time_zone)
    select s, 'Store ' || s, 'EUR', 'Europe/Berlin' from unnest(${ids}::text[]) s`.execute(trx)
  await sql`insert into device (device_id, store_id, public_key, host_name)
    select d, s, k, 'fleet' from unnest(${devices}::text[], ${ids}::text[], ${keys}::text[]) t(d, s, k)`.execute(trx)
  await sql`insert into feed_head (feed, scope, checkpoint) select 'settings', s, 1 from unnest(${ids}::text[]) s`.execute(trx)
  await sql`insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select 'settings', s, s, 1, t from unnest(${ids}::text[], ${settings}::text[]) e(s, t)`.execute(trx)
}

export const enrolFleet = async (db: Kysely<Tables>, count: number): Promise<FleetStore[]> => {
  const run = randomBytes(3).toString('hex')
  const stores = Array.from({ length: count }, (_, number) => newStore(run, number))
  await db.transaction().execute(async (trx) => {
    for (let at = 0; at < count; at += rowsAtOnce) await write(trx, stores.slice(at, at + rowsAtOnce))
  })
  return stores.map(({ storeId, deviceId, incarnation, privateKey }) => ({ storeId, deviceId, incarnation, privateKey }))
}
