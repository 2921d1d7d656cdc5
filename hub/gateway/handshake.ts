/** Decides on a hello: version, device, proof of its key over our nonce [TRN9] [TRN11]. No clock takes part. */
import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { protocol } from '#sync/contract/protocol.ts'
import { helloSchema, helloText } from '#sync/contract/up.ts'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Database } from '../storage/database.ts'
import type { Peer } from './session.ts'

export type Hello = z.infer<typeof helloSchema>

/** A newer client may say more than we know: what we do not know is left out, not refused. */
const newerHelloSchema = z.object(helloSchema.shape)

export const parseHello = (message: unknown): Hello | null => {
  const parsed = newerHelloSchema.safeParse(message)
  if (!parsed.success) return null
  return parsed.data.protocolVersion > protocol.version || helloSchema.safeParse(message).success ? parsed.data : null
}

export type Greeting = { greeting: 'known'; peer: Peer } | { greeting: 'refused'; code: ErrorCode; message: string }

const refused = (code: ErrorCode, message: string): Greeting => ({ greeting: 'refused', code, message })

export const greet = async (db: Database, nonce: string, hello: Hello): Promise<Greeting> => {
  if (hello.protocolVersion < protocol.floor)
    return refused('BELOW_FLOOR', `this hub speaks protocol ${protocol.floor} to ${protocol.version}: update the agent`)
  const device = await db
    .selectFrom('device')
    .select(['store_id', 'public_key', 'revoked_at'])
    .where('device_id', '=', hello.deviceId)
    .executeTakeFirst()
  if (!device) return refused('UNKNOWN_DEVICE', `${hello.deviceId} is not enrolled here`)
  if (!isSigned(nonce, hello, device.public_key)) return refused('BAD_SIGNATURE', 'the proof of the device key does not match')
  if (device.revoked_at) return refused('REVOKED_DEVICE', 'this device was revoked at the hub')
  const { deviceId, incarnation } = hello
  const protocolVersion = Math.min(hello.protocolVersion, protocol.version)
  return { greeting: 'known', peer: { deviceId, incarnation, storeId: storeIdSchema.parse(device.store_id), protocolVersion } }
}

const isSigned = (nonce: string, hello: Hello, publicKey: string): boolean => {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(helloText(nonce, hello.deviceId, hello.incarnation)), key, Buffer.from(hello.signature, 'base64url'))
}
