/**
 * Is a day's close what the store's device signed, and does it fit the journal that the hub holds? [CMP5] [HUB9]
 *
 *   proven       signed by the device's enrolled key; its chain head is the record right before it; no break since the day's first record
 *   signed       signed, but carried over from another journal: its chain is proven where that journal is
 *   not-proven   with the reason
 *
 * Only what lies before the close in its own stream takes part, so that the answer is the same whenever it is asked.
 */
import { createPublicKey, verify } from 'node:crypto'
import { type DayClosePayload, type DayCloseStatement, dayCloseText } from '#sync/contract/day-close.ts'
import type { Transaction } from 'kysely'
import type { LogRecord } from '../merge/log-record.ts'
import type { Tables } from '../storage/tables.ts'

export type Proof = { proof: 'proven' | 'signed'; reason: null } | { proof: 'not-proven'; reason: string }

const notProven = (reason: string): Proof => ({ proof: 'not-proven', reason })

export const proveClose = async (
  trx: Transaction<Tables>,
  row: LogRecord,
  statement: DayCloseStatement,
  signed: DayClosePayload,
): Promise<Proof> => {
  const device = await trx
    .selectFrom('device')
    .select(['public_key', 'store_id'])
    .where('device_id', '=', statement.deviceId)
    .executeTakeFirst()
  if (!device || device.store_id !== row.store_id)
    return notProven(`it names device ${statement.deviceId}, which is not enrolled for this store`)
  if (statement.publicKey !== device.public_key) return notProven('it names another key than the one that the device was enrolled with')
  if (!isSigned(signed, device.public_key)) return notProven('the signature does not fit the statement')
  if (!isOwn(row, statement)) return { proof: 'signed', reason: null }
  const flaw = await chainFlaw(trx, row, statement)
  return flaw === null ? { proof: 'proven', reason: null } : notProven(flaw)
}

/** Made in the very journal that carries it; only there can its place in the chain be checked. */
export const isOwn = (row: Pick<LogRecord, 'device_id' | 'incarnation'>, { deviceId, chain }: DayCloseStatement): boolean =>
  row.device_id === deviceId && row.incarnation === chain.incarnation

const isSigned = ({ statement, signature }: DayClosePayload, publicKey: string): boolean => {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(dayCloseText(statement)), key, Buffer.from(signature, 'base64url'))
}

const chainFlaw = async (trx: Transaction<Tables>, row: LogRecord, { chain }: DayCloseStatement): Promise<string | null> => {
  if (chain.headSeq !== row.seq - 1) return `it ends its chain at record ${chain.headSeq}, but stands at ${row.seq}`
  if (chain.headHash !== row.previous_hash) return `it names another chain hash of record ${chain.headSeq} than the journal has`
  if (chain.firstSeq > row.seq) return `the day cannot begin with record ${chain.firstSeq}, behind the close itself`
  const first = await recordAt(trx, row, chain.firstSeq)
  if (first?.previous_hash !== chain.previousHash) return `it names another chain hash before record ${chain.firstSeq} than the journal has`
  const broken = await trx
    .selectFrom('record_log')
    .select('seq')
    .where('device_id', '=', row.device_id)
    .where('incarnation', '=', row.incarnation)
    .where('seq', '>=', chain.firstSeq)
    .where('seq', '<', row.seq)
    .where('verdict', '<>', 'accepted')
    .where('reason', 'like', 'BROKEN_CHAIN:%')
    .orderBy('seq')
    .executeTakeFirst()
  return broken ? `the chain is broken at record ${broken.seq}` : null
}

const recordAt = (trx: Transaction<Tables>, { device_id, incarnation }: LogRecord, seq: number) =>
  trx
    .selectFrom('record_log')
    .select('previous_hash')
    .where('device_id', '=', device_id)
    .where('incarnation', '=', incarnation)
    .where('seq', '=', seq)
    .executeTakeFirst()
