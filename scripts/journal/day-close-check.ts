/** A day close is checked against its own signature, and against the chain that it names. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { dayClosePayloadSchema, dayCloseStatementSchema, dayCloseText, type DayCloseStatement } from '#sync/contract/day-close.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'

export interface ReadClose {
  record: TidelineRecord
  statement: DayCloseStatement | null
  isSigned: boolean
}

export const keyPrint = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').slice(0, 16)

const isSignedBy = (publicKey: string, text: string, signature: string): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' })
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

export const readClose = (record: TidelineRecord): ReadClose => {
  try {
    const { statement: text, signature } = dayClosePayloadSchema.parse(JSON.parse(record.payload))
    const statement = dayCloseStatementSchema.parse(JSON.parse(text))
    return { record, statement, isSigned: isSignedBy(statement.publicKey, dayCloseText(text), signature) }
  } catch {
    return { record, statement: null, isSigned: false }
  }
}

/** `hashAt`: the chain's hash at that record; null where it is not on this disk any more. */
export const faultOfClose = (
  { statement, isSigned }: ReadClose,
  hashAt: (incarnation: string, seq: number) => string | null,
): { fault: string } | { note: string } | null => {
  if (!statement) return { fault: 'its statement cannot be read' }
  if (!isSigned) return { fault: 'its signature does not fit: the statement or the signature was changed' }
  const { incarnation, headSeq, headHash } = statement.chain
  const found = hashAt(incarnation, headSeq)
  if (found === null) return { note: `signed, but record ${headSeq} of ${incarnation} is not on this disk any more` }
  return found === headHash
    ? null
    : { fault: `record ${headSeq} of ${incarnation} is not the one that was signed: the journal was changed` }
}
