/** Enrolment with a one-time code: one key a code, and that key as often as it needs to hear the answer. */
import { generateKeyPairSync } from 'node:crypto'
import { createEnrolmentCode, createStore, enrolDevice, revokeDevice } from '#hub/enrolment/enrolment.ts'
import type { Database } from '#hub/storage/database.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'

const server = withDatabase()

const newKey = (): string => generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')

const storeWithCode = async (db: Database): Promise<string> => {
  await createStore(db, storeSettingsSchema.parse({ storeId: 'S1', name: 'Store 1', currency: 'EUR', timeZone: 'Europe/Berlin' }))
  const made = await createEnrolmentCode(db, 'S1')
  if (made.outcome !== 'created') throw new Error(made.outcome)
  return made.code
}

const deviceCount = async (db: Database): Promise<number> => (await db.selectFrom('device').select('device_id').execute()).length

it('[TRN11] the same code with the same key is answered again with the same device; another key is refused', async () => {
  const { db } = await server.fresh()
  const code = await storeWithCode(db)
  const publicKey = newKey()
  const first = await enrolDevice(db, { code, publicKey, hostName: 'pc' })
  expect(first).toMatchObject({
    outcome: 'enrolled',
    device: { storeId: 'S1', storeName: 'Store 1', currency: 'EUR', timeZone: 'Europe/Berlin' },
  })
  expect(await enrolDevice(db, { code, publicKey, hostName: 'pc' })).toEqual(first)
  expect(await enrolDevice(db, { code, publicKey: newKey(), hostName: 'pc' })).toEqual({ outcome: 'bad-code' })
  expect(await deviceCount(db)).toBe(1)
})

it('[TRN11] offered at once at two hubs the code makes one device of one key, and one of two keys', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  const [code, publicKey] = [await storeWithCode(db), newKey()]
  const same = await Promise.all([db, other].map((hub) => enrolDevice(hub, { code, publicKey, hostName: 'pc' })))
  expect(same[0]).toMatchObject({ outcome: 'enrolled' })
  expect(same[1]).toEqual(same[0])
  const second = await storeWithCode(db)
  const rivals = await Promise.all([db, other].map((hub) => enrolDevice(hub, { code: second, publicKey: newKey(), hostName: 'pc' })))
  expect(rivals.map(({ outcome }) => outcome).sort()).toEqual(['bad-code', 'enrolled'])
  expect(await deviceCount(db)).toBe(2)
})

it('[TRN11] an expired code, and the code of a revoked device, are refused to the same key too', async () => {
  const { db } = await server.fresh()
  const [code, publicKey] = [await storeWithCode(db), newKey()]
  const first = await enrolDevice(db, { code, publicKey, hostName: 'pc' })
  await sql`update enrolment_code set expires_at = now()`.execute(db)
  expect(await enrolDevice(db, { code, publicKey, hostName: 'pc' })).toEqual({ outcome: 'bad-code' })
  await sql`update enrolment_code set expires_at = now() + interval '1 hour'`.execute(db)
  expect(await enrolDevice(db, { code, publicKey, hostName: 'pc' })).toEqual(first)
  if (first.outcome !== 'enrolled') throw new Error(first.outcome)
  await revokeDevice(db, first.device.deviceId)
  expect(await enrolDevice(db, { code, publicKey, hostName: 'pc' })).toEqual({ outcome: 'bad-code' })
})
