/**
 * Stores, and how a device becomes one of theirs: the operator makes a one-time code, the device redeems it with its
 * public key. Codes are stored as SHA-256 and expire; the row's lock makes sure that each enrols one key, and that key
 * alone may offer it again: the answer to the first time may have been lost.
 */
import { createHash, createPublicKey, randomInt } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { EnrolmentRequest, EnrolmentResponse } from '#sync/contract/enrolment.ts'
import { storeSettingsSchema, type StoreSettings } from '#sync/contract/catalogue.ts'
import { type DeviceId, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { writeFeed } from '../catalogue/feed.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { notifyDevice } from './device-channel.ts'

const letters = (alphabet: string, count: number): string =>
  Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('')

const codeAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789'
const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

const newCode = (): string => [1, 2, 3].map(() => letters(codeAlphabet, 4)).join('-')
const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex')

/** Creates the store and publishes its settings to its devices; `exists` leaves the one that is there as it is. */
export const createStore = async (db: Database, input: StoreSettings): Promise<'created' | 'exists'> => {
  const settings = storeSettingsSchema.parse(input)
  return db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('store')
      .values({ store_id: settings.storeId, name: settings.name, currency: settings.currency, time_zone: settings.timeZone })
      .onConflict((conflict) => conflict.doNothing())
      .returning('store_id')
      .execute()
    if (inserted.length === 0) return 'exists'
    await writeFeed(trx, 'settings', settings.storeId, [settings])
    return 'created'
  })
}

export type CodeOutcome = { outcome: 'created'; code: string; expiresAt: string } | { outcome: 'unknown-store' }

/** A code for one device of this store. It is shown once; only its hash is kept. */
export const createEnrolmentCode = async (db: Database, storeId: string, validForMs = 24 * 3_600_000): Promise<CodeOutcome> => {
  const code = newCode()
  const { rows } = await sql<{ expires_at: Date }>`
    insert into enrolment_code (code_hash, store_id, expires_at)
    select ${hashOf(code)}, store_id, now() + ${validForMs} * interval '1 millisecond' from store where store_id = ${storeId}
    returning expires_at`.execute(db)
  const row = rows[0]
  return row ? { outcome: 'created', code, expiresAt: row.expires_at.toISOString() } : { outcome: 'unknown-store' }
}

export type EnrolmentOutcome =
  | { outcome: 'enrolled'; device: EnrolmentResponse }
  | { outcome: 'bad-code' }
  | { outcome: 'bad-key'; message: string }

/** Redeems a code. Two devices with one code: one is enrolled, the other refused. The same key again gets the same answer. */
export const enrolDevice = async (db: Database, request: EnrolmentRequest): Promise<EnrolmentOutcome> => {
  const flaw = publicKeyFlaw(request.publicKey)
  if (flaw) return { outcome: 'bad-key', message: flaw }
  return db.transaction().execute(async (trx): Promise<EnrolmentOutcome> => {
    const deviceId = deviceIdSchema.parse(`dev-${letters(idAlphabet, 12)}`)
    const { rows } = await sql<{ store_id: string }>`
      update enrolment_code set used_at = now(), used_by = ${deviceId}
      where code_hash = ${hashOf(request.code)} and used_at is null and expires_at > now()
      returning store_id`.execute(trx)
    const used = rows[0]
    if (!used) return enrolledBefore(trx, request)
    await trx
      .insertInto('device')
      .values({
        device_id: deviceId,
        store_id: used.store_id,
        public_key: request.publicKey,
        host_name: request.hostName.replaceAll('\u0000', ''),
      })
      .execute()
    return { outcome: 'enrolled', device: await describeDevice(trx, deviceId, used.store_id) }
  })
}

/** The code was used: by this very key, not expired and not revoked since? Then the device is answered once more. */
const enrolledBefore = async (trx: Transaction<Tables>, { code, publicKey }: EnrolmentRequest): Promise<EnrolmentOutcome> => {
  const { rows } = await sql<{ device_id: string; store_id: string }>`
    select d.device_id, d.store_id from enrolment_code c join device d on d.device_id = c.used_by
    where c.code_hash = ${hashOf(code)} and c.expires_at > now() and d.public_key = ${publicKey} and d.revoked_at is null`.execute(trx)
  const found = rows[0]
  if (!found) return { outcome: 'bad-code' }
  return { outcome: 'enrolled', device: await describeDevice(trx, deviceIdSchema.parse(found.device_id), found.store_id) }
}

const describeDevice = async (trx: Transaction<Tables>, deviceId: DeviceId, storeId: string): Promise<EnrolmentResponse> => {
  const store = await trx.selectFrom('store').selectAll().where('store_id', '=', storeId).executeTakeFirstOrThrow()
  return {
    deviceId,
    storeId: storeIdSchema.parse(store.store_id),
    storeName: store.name,
    currency: store.currency,
    timeZone: store.time_zone,
  }
}

const publicKeyFlaw = (publicKey: string): string | null => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' ? null : 'the key is not Ed25519'
  } catch {
    return 'the key is not SPKI DER in base64url'
  }
}

/** Revokes a device; its session is dismissed at whichever gateway holds it. */
export const revokeDevice = async (db: Database, deviceId: string): Promise<'revoked' | 'already-revoked' | 'unknown'> =>
  db.transaction().execute(async (trx) => {
    const device = await trx.selectFrom('device').select('revoked_at').where('device_id', '=', deviceId).forUpdate().executeTakeFirst()
    if (!device) return 'unknown'
    if (device.revoked_at) return 'already-revoked'
    await trx
      .updateTable('device')
      .set({ revoked_at: sql<Date>`now()` })
      .where('device_id', '=', deviceId)
      .execute()
    await notifyDevice(trx, { event: 'revoked', deviceId })
    return 'revoked'
  })
