/**
 * What a record is known by, so that the same thing coming twice finds its first record:
 *
 *   transaction     its natural key
 *   conflict        natural key and content
 *   quarantine      content of the input and the place in it
 *   stock-document  its store and documentId, whatever it says: a second one with other content is kept behind the first
 *   price-override  its store and overrideId, in the same way
 */
import { z } from 'zod'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { priceOverrideKeyOf } from '#sync/contract/price-override.ts'
import { stockDocumentKeyOf } from '#sync/contract/stock-document.ts'
import { naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import { businessDaySchema, sha256Schema, storeIdSchema, workstationIdSchema } from '#sync/contract/vocabulary.ts'
import { sha256 } from './journal/sha256.ts'

/** Loose on purpose: a record of another version still has its key. */
const keyFieldsSchema = z.object({
  storeId: storeIdSchema,
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  sequenceNumber: z.int(),
})
const quarantineFieldsSchema = z.object({ contentHash: sha256Schema, reasons: z.array(z.object({ where: z.string().optional() })) })
const stockDocumentFieldsSchema = z.object({ storeId: storeIdSchema, documentId: z.string() })
const priceOverrideFieldsSchema = z.object({ storeId: storeIdSchema, overrideId: z.string() })
const conflictFieldsSchema = z.object({ transaction: z.looseObject({}) })

export const transactionKey = (transaction: Parameters<typeof naturalKeyOf>[0]): string => `t|${naturalKeyOf(transaction)}`

/** `contentHash` is the SHA-256 of the transaction's canonical text. */
export const conflictKey = (transaction: Pick<Transaction, keyof z.infer<typeof keyFieldsSchema>>, contentHash: string): string =>
  `c|${naturalKeyOf(transaction)}|${contentHash}`

export const quarantineKey = (contentHash: string, where: string): string => `q|${contentHash}|${where}`

export const stockDocumentKey = (document: { storeId: string; documentId: string }): string => `d|${stockDocumentKeyOf(document)}`

export const priceOverrideKey = (override: { storeId: string; overrideId: string }): string => `o|${priceOverrideKeyOf(override)}`

/**
 * Payloads are canonical texts: JSON.stringify wrote each name once, in the schema's order, and the record's hash vouches for it. So the
 * key can be read off a transaction's beginning. What is written in any other way, or with an escape in it, is parsed instead.
 */
const code = '([!#-[\\]-~](?:[ !#-[\\]-~]{0,30}[!#-[\\]-~])?)'
const day = '(\\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31))'
const canonicalStart = new RegExp(
  `^\\{"storeId":"${code}","workstationId":"${code}","businessDay":"${day}","sequenceNumber":(0|[1-9]\\d{0,14})[,}]`,
)

/** The natural key's fields of a transaction's payload; null where it has none. */
export const placeOf = (payload: string): z.infer<typeof keyFieldsSchema> | null => {
  const [, storeId, workstationId, businessDay, number] = canonicalStart.exec(payload) ?? []
  if (number !== undefined)
    return { storeId, workstationId, businessDay, sequenceNumber: Number(number) } as z.infer<typeof keyFieldsSchema>
  try {
    return keyFieldsSchema.safeParse(JSON.parse(payload)).data ?? null
  } catch {
    return null
  }
}

/** Null for a record that this version knows no key of. */
export const keyOfRecord = ({ kind, payload }: { kind: string; payload: string }): string | null => {
  if (kind === 'transaction') {
    const place = placeOf(payload)
    return place && transactionKey(place)
  }
  try {
    return readKey(kind as TidelineRecord['kind'], JSON.parse(payload))
  } catch {
    return null
  }
}

const readKey = (kind: TidelineRecord['kind'], content: unknown): string | null => {
  if (kind === 'conflict') {
    const { transaction } = conflictFieldsSchema.parse(content)
    // The payload was written by JSON.stringify, which gives its own text back.
    return conflictKey(keyFieldsSchema.parse(transaction), sha256(JSON.stringify((content as { transaction: unknown }).transaction)))
  }
  if (kind === 'stock-document') return stockDocumentKey(stockDocumentFieldsSchema.parse(content))
  if (kind === 'price-override') return priceOverrideKey(priceOverrideFieldsSchema.parse(content))
  if (kind !== 'quarantine') return null
  const { contentHash, reasons } = quarantineFieldsSchema.parse(content)
  return quarantineKey(contentHash, reasons[0]?.where ?? '')
}
