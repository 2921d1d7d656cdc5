/**
 * One record on disk: a line of its chain hash, a space, and the record as JSON. The hash covers every field, so a line that
 * fits its hash is one that we wrote, whole.
 */
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import type { Sha256 } from '#sync/contract/vocabulary.ts'
import { sha256 } from './sha256.ts'

export interface ChainedRecord {
  record: TidelineRecord
  hash: Sha256
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const hashLength = 64

export const chainRecord = (fields: Omit<TidelineRecord, 'payloadHash'>): ChainedRecord => {
  const record = { ...fields, payloadHash: sha256(fields.payload) }
  return { record, hash: sha256(chainText(record)) }
}

export const encodeLine = ({ record, hash }: ChainedRecord): Uint8Array => encoder.encode(`${hash} ${JSON.stringify(record)}\n`)

/** The line without its newline; null when it is not a whole record of ours. */
export const decodeLine = (bytes: Uint8Array): ChainedRecord | null => {
  if (bytes.length < hashLength + 2) return null
  try {
    const text = decoder.decode(bytes)
    if (text[hashLength] !== ' ') return null
    const record = JSON.parse(text.slice(hashLength + 1)) as TidelineRecord
    const hash = text.slice(0, hashLength) as Sha256
    const fits = sha256(record.payload) === record.payloadHash && sha256(chainText(record)) === hash
    return fits && !isWrittenOtherwise(text, record) ? { record, hash } : null
  } catch {
    return null
  }
}

/** Only an escape can be written in two ways, in capitals for one, and be read alike. */
const isWrittenOtherwise = (text: string, record: TidelineRecord): boolean =>
  text.includes('\\u') && JSON.stringify(record) !== text.slice(hashLength + 1)
