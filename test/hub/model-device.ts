/** A device as the hub sees it: key pair, journal with an unbroken chain, receipts. What it holds is what the log must come to. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createEnrolmentCode, createStore, enrolDevice } from '#hub/enrolment/enrolment.ts'
import type { Database } from '#hub/storage/database.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { chainText, genesisHash, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import { helloText } from '#sync/contract/up.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const receipt = (sequenceNumber: number, change: Record<string, unknown> = {}): Transaction =>
  transactionSchema.parse({
    storeId: 'S1',
    workstationId: '1',
    businessDay: '2026-01-31',
    sequenceNumber,
    kind: 'sale',
    endedAt: '2026-01-31T10:00:00',
    currency: 'EUR',
    lineItems: [
      {
        lineNumber: 1,
        kind: 'sale',
        itemId: 'MILK',
        description: 'Milk',
        quantityMilli: 2_000,
        unit: 'each',
        unitPriceMinor: 119,
        discountMinor: 0,
        amountMinor: 238,
        voided: false,
      },
    ],
    tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: 238, voided: false }],
    taxes: [{ code: 'A', rateMicro: 70_000, taxableMinor: 222, taxMinor: 16, inclusive: true }],
    totals: { netMinor: 222, taxMinor: 16, grandMinor: 238 },
    ...change,
  })

export interface ModelDevice {
  deviceId: string
  incarnation: string
  storeId: string
  privateKey: KeyObject
  journal: TidelineRecord[]
  /** Appends a record whose payload is this text. */
  append(payload: string, kind?: TidelineRecord['kind'], capturedAt?: string): TidelineRecord
  sell(sequenceNumber: number, change?: Record<string, unknown>): TidelineRecord
  hello(nonce: string): Record<string, unknown>
}

export const modelDevice = (identity: { deviceId: string; storeId: string; privateKey: KeyObject; incarnation?: string }): ModelDevice => {
  const incarnation = identity.incarnation ?? 'abcdefghijkl'
  const journal: TidelineRecord[] = []
  let head: string = genesisHash
  const append: ModelDevice['append'] = (payload, kind = 'transaction', capturedAt = '2026-01-31T10:00:01.000Z') => {
    const record = recordSchema.parse({
      deviceId: identity.deviceId,
      incarnation,
      seq: journal.length + 1,
      kind,
      capturedAt,
      payload,
      payloadHash: sha256(payload),
      previousHash: head,
    })
    head = sha256(chainText(record))
    journal.push(record)
    return record
  }
  return {
    ...identity,
    incarnation,
    journal,
    append,
    sell: (sequenceNumber, change = {}) => append(canonicalText(receipt(sequenceNumber, { storeId: identity.storeId, ...change }))),
    hello: (nonce) => ({
      protocolVersion: 1,
      deviceId: identity.deviceId,
      incarnation,
      signature: sign(null, Buffer.from(helloText(nonce, identity.deviceId, incarnation)), identity.privateKey).toString('base64url'),
      agentVersion: '1.0.0',
    }),
  }
}

/** Through the real enrolment. The store is created if it is not there. */
export const enrolModelDevice = async (db: Database, storeId = 'S1', incarnation = 'abcdefghijkl'): Promise<ModelDevice> => {
  await createStore(db, storeSettingsSchema.parse({ storeId, name: `Store ${storeId}`, currency: 'EUR', timeZone: 'Europe/Berlin' }))
  const made = await createEnrolmentCode(db, storeId)
  if (made.outcome !== 'created') throw new Error(made.outcome)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  const enrolled = await enrolDevice(db, { code: made.code, publicKey: text, hostName: 'model' })
  if (enrolled.outcome !== 'enrolled') throw new Error(enrolled.outcome)
  return modelDevice({ deviceId: enrolled.device.deviceId, storeId, privateKey, incarnation })
}

/** Straight into the tables: a schema of before does not have what enrolling writes today. */
export const insertModelDevice = async (db: Database, storeId = 'S1', deviceId = 'dev-aaaaaaaaaaaa'): Promise<ModelDevice> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  await db.insertInto('store').values({ store_id: storeId, name: storeId, currency: 'EUR', time_zone: 'Europe/Berlin' }).execute()
  await db.insertInto('device').values({ device_id: deviceId, store_id: storeId, public_key: text, host_name: 'model' }).execute()
  return modelDevice({ deviceId, storeId, privateKey })
}
