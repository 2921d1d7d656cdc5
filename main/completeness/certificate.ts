/**
 * A day's certificate: the signed statement, then every link of the chain from the day's first record to its close, with the day's own
 * records in full. docs/certificate.md describes it for people without our software. A line has one spelling, so that every byte counts.
 */
import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import { type DayCloseStatement, dayClosePayloadSchema, dayCloseStatementSchema, dayCloseText } from '#sync/contract/day-close.ts'
import { chainText, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { sha256Schema } from '#sync/contract/vocabulary.ts'
import { noTotals, statedTotals } from '#sync/core/day-totals.ts'
import { subtractRanges } from '#sync/core/ledger-runs.ts'
import { dayLedger, noNumbers } from '#sync/core/ledger.ts'
import type { ChainedRecord } from '../journal/record-line.ts'
import { sha256 } from '../journal/sha256.ts'
import { createBooks } from './books.ts'
import { dayOf, readCounted } from './read-record.ts'

const format = 'tideline-certificate/1'

const headSchema = z.strictObject({ format: z.literal(format), statement: z.string(), signature: z.string(), publicKey: z.string() })
const { payload: payloadSchema, ...headerShape } = recordSchema.shape
const linkSchema = z.strictObject({ hash: sha256Schema, ...headerShape, payload: payloadSchema.optional() })
type Link = z.infer<typeof linkSchema>

/** In the order in which it is written. */
const linkLine = ({ record, hash }: ChainedRecord, withPayload: boolean): string => {
  const { deviceId, incarnation, seq, kind, capturedAt, payloadHash, previousHash, payload } = record
  const link = { hash, deviceId, incarnation, seq, kind, capturedAt, payloadHash, previousHash }
  return JSON.stringify(withPayload ? { ...link, payload } : link)
}

const isOfDay = (record: Pick<TidelineRecord, 'kind' | 'payload'>, businessDay: string): boolean => {
  const counted = readCounted(record)
  return counted !== null && dayOf(counted) === businessDay
}

/** `chain` runs from the day's first record to its close. */
export const writeCertificate = (statement: DayCloseStatement, chain: readonly ChainedRecord[]): string => {
  const close = dayClosePayloadSchema.parse(JSON.parse(chain.at(-1)?.record.payload ?? ''))
  const head = { format, statement: close.statement, signature: close.signature, publicKey: statement.publicKey }
  const links = chain.map((chained) => linkLine(chained, isOfDay(chained.record, statement.businessDay)))
  return `${[JSON.stringify(head), ...links].join('\n')}\n`
}

export type Checked =
  | { outcome: 'proven'; statement: DayCloseStatement; closeSeq: number }
  | { outcome: 'refuted'; line: number; message: string }

class Refuted extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const insist = (isSo: boolean, line: number, message: string): void => {
  if (!isSo) throw new Refuted(line, message)
}

const readLine = <T>(schema: z.ZodType<T>, line: string, number: number): T => {
  try {
    const parsed = schema.parse(JSON.parse(line))
    if (JSON.stringify(parsed) === line) return parsed
  } catch {
    // told below
  }
  throw new Refuted(number, 'the line is not in the form of a certificate')
}

const isSigned = ({ statement, signature, publicKey }: z.infer<typeof headSchema>): boolean => {
  const [key, bytes] = [Buffer.from(publicKey, 'base64url'), Buffer.from(signature, 'base64url')]
  if (bytes.toString('base64url') !== signature || key.toString('base64url') !== publicKey) return false
  try {
    return verify(null, Buffer.from(dayCloseText(statement)), createPublicKey({ key, format: 'der', type: 'spki' }), bytes)
  } catch {
    return false
  }
}

/** What the day's records in the certificate make, compared with what the statement says. */
const recount = (statement: DayCloseStatement, links: readonly Link[]): void => {
  const books = createBooks()
  for (const { payload, hash: _, ...link } of links.slice(0, -1)) if (payload !== undefined) books.fold({ ...link, payload })
  const days = books.days.get(statement.businessDay)?.workstations ?? new Map<never, never>()
  for (const { workstationId, ledger, totals } of statement.workstations) {
    const day = days.get(workstationId)
    const counted = dayLedger(day?.numbers ?? noNumbers)
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
    const fits = same([counted.seen, counted.explained, counted.rolledOver], [ledger.seen, ledger.explained, ledger.rolledOver])
    insist(
      fits && subtractRanges(counted.missing, ledger.missing).length === 0,
      1,
      `the numbers of workstation ${workstationId} are not those of its records`,
    )
    insist(
      same(statedTotals(day?.totals ?? noTotals), totals),
      1,
      `the totals of workstation ${workstationId} are not those of its records`,
    )
  }
  for (const id of days.keys())
    insist(
      statement.workstations.some(({ workstationId }) => workstationId === id),
      1,
      `workstation ${String(id)} is not in the statement`,
    )
}

const followChain = (lines: readonly string[], { chain, deviceId, businessDay }: DayCloseStatement): Link[] => {
  let previous = { seq: chain.firstSeq - 1, hash: chain.previousHash }
  return lines.map((line, index) => {
    const number = index + 2
    const link = readLine(linkSchema, line, number)
    insist(link.deviceId === deviceId && link.incarnation === chain.incarnation, number, 'it is of another journal')
    insist(link.seq === previous.seq + 1 && link.previousHash === previous.hash, number, 'it does not continue the chain')
    insist(sha256(chainText(link)) === link.hash, number, 'it is not what its hash says')
    if (link.payload !== undefined) {
      insist(sha256(link.payload) === link.payloadHash, number, 'its content is not what its hash says')
      insist(isOfDay({ kind: link.kind, payload: link.payload }, businessDay), number, 'its content is not of this day')
    }
    previous = { seq: link.seq, hash: link.hash }
    return link
  })
}

const check = (bytes: Uint8Array, key: string | undefined): Extract<Checked, { outcome: 'proven' }> => {
  const lines = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).split('\n')
  insist(lines.pop() === '', lines.length + 1, 'it does not end with its last line')
  const [first = '', ...rest] = lines
  const head = readLine(headSchema, first, 1)
  insist(key === undefined || key === head.publicKey, 1, 'it is signed with another key')
  insist(isSigned(head), 1, 'the signature does not fit the statement')
  const statement = readLine(dayCloseStatementSchema, head.statement, 1)
  insist(statement.publicKey === head.publicKey, 1, 'the statement names another key')
  const links = followChain(rest, statement)
  const [last, close] = [lines.length, links.at(-1)]
  insist(close?.kind === 'day-close' && close.seq === statement.chain.headSeq + 1, last, 'it does not end with the day’s close')
  insist(close?.previousHash === statement.chain.headHash, last, 'the close does not follow the head that was signed')
  insist(
    close?.payload === JSON.stringify({ statement: head.statement, signature: head.signature }),
    last,
    'the close holds another statement',
  )
  recount(statement, links)
  return { outcome: 'proven', statement, closeSeq: statement.chain.headSeq + 1 }
}

/** `key`: the device's public key as it is known from elsewhere. Without it, the certificate proves only that one key signed all of it. */
export const checkCertificate = (bytes: Uint8Array, key?: string): Checked => {
  try {
    return check(bytes, key)
  } catch (error) {
    if (error instanceof Refuted) return { outcome: 'refuted', line: error.line, message: error.message }
    return { outcome: 'refuted', line: 1, message: 'it is not a certificate' }
  }
}
