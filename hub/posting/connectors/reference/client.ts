/** The reference ERP over HTTP: its words, and what each answer means for the caller. */
import { z } from 'zod'
import type { ErpAccess } from '../../access.ts'
import { callErp, type ErpAnswer, type ErpFailure, jsonOf } from '../wire.ts'

const decimalText = z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/)

export const referenceDocumentSchema = z.object({
  id: z.string(),
  number: z.string(),
  reference: z.string(),
  state: z.enum(['draft', 'confirmed']),
  currency: z.string(),
  total: decimalText,
})
export type ReferenceDocument = z.infer<typeof referenceDocumentSchema>

export const referenceItemSchema = z.object({
  id: z.string(),
  name: z.string(),
  barcodes: z.array(z.string()),
  unit: z.string(),
  price: decimalText,
  currency: z.string(),
  taxCode: z.string(),
  taxRate: decimalText,
  sellable: z.boolean(),
})
export const itemPageSchema = z.object({ items: z.array(z.unknown()), next: z.int().min(0), more: z.boolean() })
export const stockSchema = z.object({ store: z.string(), stock: z.array(z.object({ item: z.string(), quantity: decimalText })) })
export const documentListSchema = z.object({ documents: z.array(referenceDocumentSchema) })

const problemSchema = z.object({ error: z.string(), message: z.string() })

export interface ReferenceClient {
  /** A read: nothing is changed, so an answer that was lost may simply be asked for again. */
  read<T>(path: string, schema: z.ZodType<T>): Promise<ErpAnswer<T>>
  change<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<ErpAnswer<T>>
}

const failureOf = (status: number, text: string, retryAfterMs: number | undefined): ErpFailure => {
  const problem = problemSchema.safeParse(jsonOf(text))
  const message = problem.success ? problem.data.message : `The ERP answered HTTP ${status}.`
  if (status === 429 || status === 408 || status >= 500)
    return { outcome: 'retry', message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  if (status === 401 || status === 403) return { outcome: 'retry', message: `The ERP refuses the hub's user or password: ${message}` }
  return { outcome: 'rejected', code: problem.success && problem.data.error === 'UNKNOWN_ITEM' ? 'UNKNOWN_ITEM' : 'ERP_REJECTED', message }
}

export const createReferenceClient = (access: ErpAccess, timeoutMs: number, callWire: typeof callErp = callErp): ReferenceClient => {
  const base = access.url.replace(/\/+$/, '')
  const headers = { authorization: `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}` }
  const call = async <T>(method: 'GET' | 'POST', path: string, body: unknown, schema: z.ZodType<T>): Promise<ErpAnswer<T>> => {
    const answer = await callWire({ method, url: base + path, headers, body, timeoutMs })
    if (answer.wire === 'unsent') return { ok: false, failure: { outcome: 'retry', message: answer.message } }
    if (answer.wire === 'lost') return { ok: false, failure: { outcome: method === 'GET' ? 'retry' : 'unknown', message: answer.message } }
    if (answer.status < 200 || answer.status > 299)
      return { ok: false, failure: failureOf(answer.status, answer.text, answer.retryAfterMs) }
    const parsed = schema.safeParse(jsonOf(answer.text))
    if (parsed.success) return { ok: true, value: parsed.data }
    const message = 'The ERP answered in a shape that the hub does not know.'
    return { ok: false, failure: method === 'GET' ? { outcome: 'retry', message } : { outcome: 'unknown', message } }
  }
  return { read: (path, schema) => call('GET', path, undefined, schema), change: (path, body, schema) => call('POST', path, body, schema) }
}
