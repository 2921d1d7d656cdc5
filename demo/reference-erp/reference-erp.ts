/**
 * A reference ERP: a STAND-IN for a real one, for demos and tests. It keeps real books on disk and has the habits that make
 * ERPs hard: steps, references that are not unique, slowness, rate limits, faults, answers that get lost.
 *
 *   GET  /items?modifiedAfter=N · GET /stock?store=    POST /documents · GET /documents?reference= · POST /documents/{id}/confirm
 *   /admin/… (never slow, never failing): POST items/{id} · POST stock · GET documents · POST temper · POST closed-through
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import {
  type Answer,
  bookStock,
  changeItem,
  confirmDocument,
  createDocument,
  listDocuments,
  listItems,
  listStock,
  notFound,
} from './business.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { seededRandom } from '../seeded-random.ts'
import { createRateLimit, defaultTemper, drawMishap, type Temper } from './temper.ts'

export interface ReferenceErpOptions extends Partial<Temper> {
  port?: number
  dataDir: string
  seed?: number
  user?: string
  password?: string
}
export interface ReferenceErp {
  url: string
  user: string
  password: string
  /** The port's word; the stand-in has one set of books. */
  database: string
  stop(): Promise<void>
}

export const standInNote = 'Reference ERP: a stand-in of Tideline for a real ERP, for demos and tests.'
const maxBodyBytes = 5_000_000

const temperSchema = z
  .strictObject({ latencyMs: z.number().min(0), faultRate: z.number().min(0).max(1), ratePerSecond: z.number().min(0), down: z.boolean() })
  .partial()
const doubleSchema = z.strictObject({ reference: z.string() })
const closedSchema = z.strictObject({ day: z.iso.date().nullable() })

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

const send = (response: ServerResponse, { status, body }: Answer, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Undefined when the address is not one of the business'. */
const doBusiness = (ledger: Ledger, method: string, url: URL, body: unknown): Answer => {
  const [first, id, step, ...rest] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  if (rest.length > 0) return notFound('such address')
  if (method === 'GET' && first === 'items' && id === undefined)
    return listItems(ledger, Number(url.searchParams.get('modifiedAfter') ?? 0) || 0)
  if (method === 'GET' && first === 'documents' && id === undefined) return listDocuments(ledger, url.searchParams.get('reference') ?? '')
  if (method === 'GET' && first === 'stock' && id === undefined) return listStock(ledger, url.searchParams.get('store') ?? '')
  if (method === 'POST' && first === 'documents' && id === undefined) return createDocument(ledger, body)
  if (method === 'POST' && first === 'documents' && id !== undefined && step === 'confirm') return confirmDocument(ledger, id)
  return notFound('such address')
}

const administer = (ledger: Ledger, temper: Temper, method: string, url: URL, body: unknown): Answer => {
  const [, what, id] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  if (method === 'GET' && what === 'documents') return { status: 200, body: { documents: ledger.documents() } }
  if (method === 'POST' && what === 'items' && id !== undefined) return changeItem(ledger, id, body)
  if (method === 'POST' && what === 'stock') return bookStock(ledger, body)
  if (method === 'POST' && what === 'temper') {
    Object.assign(temper, temperSchema.parse(body))
    return { status: 200, body: temper }
  }
  if (method === 'POST' && what === 'double') {
    const [first] = ledger.documentsOf(doubleSchema.parse(body).reference)
    return first ? { status: 201, body: ledger.create(first) } : notFound('such document')
  }
  if (method === 'POST' && what === 'closed-through') {
    ledger.closeThrough(closedSchema.parse(body).day)
    return { status: 200, body: { day: ledger.closedThrough() } }
  }
  return notFound('such address')
}

const indexPage = `<!doctype html><meta charset="utf-8"><title>Reference ERP (stand-in)</title><h1>Reference ERP</h1><p><strong>${standInNote}</strong></p>
<p>It keeps items and sales documents on disk, and is slow, rate-limited and faulty on purpose.</p>`

export const startReferenceErp = async (options: ReferenceErpOptions): Promise<ReferenceErp> => {
  const { port = 0, dataDir, seed = 1, user = 'hub', password = 'reference', ...tempered } = options
  const ledger = openLedger(dataDir)
  const temper: Temper = { ...defaultTemper, ...tempered }
  const random = seededRandom(seed)
  const limit = createRateLimit()
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET'
    const url = new URL(request.url ?? '/', 'http://erp')
    if (method === 'GET' && url.pathname === '/')
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(indexPage)
    const admin = url.pathname.startsWith('/admin/')
    if (temper.down && !admin) return void request.socket.destroy()
    if (request.headers.authorization !== authorization)
      return send(response, { status: 401, body: { error: 'UNAUTHORIZED', message: 'Unknown user or password.' } })
    const body = await readBody(request)
    if (body === undefined)
      return send(response, { status: 400, body: { error: 'INVALID', message: 'The body is no JSON, or too large.' } })
    if (admin) return send(response, administer(ledger, temper, method, url, body))
    const waitMs = limit(temper.ratePerSecond, Date.now())
    if (waitMs > 0)
      return send(
        response,
        { status: 429, body: { error: 'TOO_MANY_REQUESTS', message: 'Slow down.' } },
        { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
      )
    const mishap = drawMishap(temper, random)
    const latencyMs = temper.latencyMs * (0.5 + random())
    // Half before the change and half after: a kill may fall on either side of it.
    await delay(latencyMs / 2)
    if (mishap === 'unavailable')
      return send(response, { status: 503, body: { error: 'UNAVAILABLE', message: 'The ERP is busy with itself.' } })
    if (mishap === 'lost-before') return void request.socket.destroy()
    const answer = doBusiness(ledger, method, url, body)
    await delay(latencyMs / 2)
    if (mishap === 'lost-after' || temper.down) return void request.socket.destroy()
    send(response, answer)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent)
        send(response, { status: error instanceof z.ZodError ? 400 : 500, body: { error: 'INTERNAL', message: String(error) } })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    user,
    password,
    database: 'reference',
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      ledger.close()
    },
  }
}

/** `node reference-erp.ts --data-dir DIR [--port N --seed N --latency-ms N --fault-rate F --rate-per-second N]` */
const main = async (): Promise<void> => {
  const number = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      'data-dir': { type: 'string' },
      port: number,
      seed: number,
      'latency-ms': number,
      'fault-rate': number,
      'rate-per-second': number,
    },
  })
  const dataDir = values['data-dir']
  if (dataDir === undefined) throw new Error('--data-dir is missing')
  const erp = await startReferenceErp({
    dataDir,
    port: Number(values.port ?? 0),
    seed: Number(values.seed ?? 1),
    latencyMs: Number(values['latency-ms'] ?? 0),
    faultRate: Number(values['fault-rate'] ?? 0),
    ratePerSecond: Number(values['rate-per-second'] ?? 0),
  })
  const stop = () => void erp.stop().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(
    `${JSON.stringify({ ready: true, url: erp.url, user: erp.user, password: erp.password, pid: process.pid, note: standInNote })}\n`,
  )
}

if (import.meta.main) await main()
