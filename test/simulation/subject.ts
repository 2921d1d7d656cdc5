/** What a record, or an answer to a till, is about: equal words for equal things. */
import { hash } from 'node:crypto'
import { conflictPayloadSchema, quarantinePayloadSchema } from '#sync/contract/record.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import type { Answered } from './sender.ts'

const sha256 = (text: string): string => hash('sha256', text, 'hex')

export const transactionSubject = (canonical: string): string => `transaction ${sha256(canonical)}`

/** Null for records that no till was answered for. */
export const subjectOf = ({ kind, payload }: { kind: string; payload: string }): string | null => {
  if (kind === 'transaction' || kind === 'stock-document') return transactionSubject(payload)
  const json: unknown = JSON.parse(payload)
  if (kind === 'conflict') {
    const parsed = conflictPayloadSchema.safeParse(json)
    return parsed.success ? transactionSubject(canonicalText(parsed.data.transaction)) : null
  }
  const parsed = kind === 'quarantine' ? quarantinePayloadSchema.safeParse(json) : null
  return parsed?.success ? `quarantine ${parsed.data.contentHash}` : null
}

export const subjectOfAnswer = ({ text, content }: Answered): string =>
  content === null ? `quarantine ${sha256(text)}` : transactionSubject(content)
