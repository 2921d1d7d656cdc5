/**
 * A POST of one price of the store's own. It is answered after its record is durable. What is wrong with it is said to whoever sent it, and
 * nothing is recorded; on 503 and 5xx it is kept there and tried again.
 */
import type { z } from 'zod'
import type { Instant } from '#sync/contract/vocabulary.ts'
import { readTillTime } from '#sync/core/till-time.ts'
import type { AgentLog } from '../agent-log.ts'
import type { HubProtocol } from '../hub-protocol.ts'
import { CannotWrite, JournalBusy } from '../journal/journal.ts'
import type { PriceOverrideResult, PriceOverrides } from '../price-overrides.ts'
import { type Answer, refuse } from './answers.ts'
import { readCallBody } from './call-body.ts'
import { priceOverrideBodySchema, type PriceOverrideRequest } from './http-contract.ts'
import type { Call } from './routes.ts'

export interface PriceOverrideParts {
  priceOverrides: PriceOverrides
  hubProtocol: Pick<HubProtocol, 'knowsDocuments'>
  timeZone: () => string
  maxBodyBytes: number
  log: AgentLog
}

type ReadRequest = { request: PriceOverrideRequest } | { refusal: Answer }

const invalid = (message: string): { refusal: Answer } => ({ refusal: refuse(422, 'INVALID', message) })

const wordIssue = (error: z.ZodError): string => {
  const [issue] = error.issues
  const place = issue?.path.map(String).join('.')
  return `${place ? `${place}: ` : ''}${issue?.message ?? 'not a price'}`
}

const readRequest = (bytes: Uint8Array, timeZone: string): ReadRequest => {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { refusal: refuse(400, 'MALFORMED', 'the body is not JSON') }
  }
  const parsed = priceOverrideBodySchema.safeParse(content)
  if (!parsed.success) return invalid(wordIssue(parsed.error))
  const { effectiveFrom, effectiveTo, ...rest } = parsed.data
  const times: { effectiveFrom?: Instant; effectiveTo?: Instant } = {}
  for (const [name, text] of Object.entries({ effectiveFrom, effectiveTo }) as ['effectiveFrom' | 'effectiveTo', string | undefined][]) {
    const read = text === undefined ? null : readTillTime(text, timeZone)
    if (text !== undefined && !read) return invalid(`${name}: not a time that there is`)
    if (read) times[name] = read.instant
  }
  return { request: { ...rest, ...times } }
}

const statusOf = { NOT_READY: 503, NOT_FOUND: 404 } as const

const answerOf = (result: PriceOverrideResult): Answer => {
  if (result.outcome === 'captured') return { status: 201, body: result }
  if (result.outcome === 'duplicate') return { status: 200, body: result }
  if (result.outcome === 'conflict') return { status: 409, body: result }
  const { code, message } = result
  const status = code === 'NOT_READY' || code === 'NOT_FOUND' ? statusOf[code] : 422
  return refuse(status, code, `${message}; nothing was recorded`, ...(status === 503 ? [{ 'retry-after': '5' }] : []))
}

export const tooOldHub = (): Answer =>
  refuse(503, 'NOT_READY', 'head office’s Tideline does not know such documents yet; keep this one and try again', {
    'retry-after': '3600',
  })

export const answerPriceOverride =
  ({ priceOverrides, hubProtocol, timeZone, maxBodyBytes, log }: PriceOverrideParts) =>
  async (call: Call): Promise<Answer> => {
    const sent = await readCallBody(call, maxBodyBytes)
    if (sent.outcome === 'refused') return sent.answer
    const read = readRequest(sent.bytes, timeZone())
    if ('refusal' in read) return read.refusal
    if (!hubProtocol.knowsDocuments()) return tooOldHub()
    try {
      return answerOf(await priceOverrides.take(read.request))
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error
      if (!(error instanceof JournalBusy)) log.error(`cannot write: ${error.message}`)
      const message = `the journal cannot be written: ${error.message}; keep the price and try again`
      return refuse(503, 'CANNOT_WRITE', message, { 'retry-after': error instanceof JournalBusy ? '1' : '5' })
    }
  }
