/**
 * The tills' door: HTTP on loopback. A POST is answered after its records are durable; every other answer than
 * 200, 201, 207 and 409 leaves the sale with the till.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ItemLookup } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import { CannotWrite } from '../journal/journal.ts'
import { type Answer, answerResults, refuse } from './answers.ts'
import type { Health } from './http-contract.ts'
import { answerItem } from './item-answer.ts'
import { agentOpenApi } from './openapi.ts'
import { drain, readBody } from './request-body.ts'
import { createTokenCheck, isForeign } from './request-guard.ts'

export interface HttpIntakeOptions {
  host: string
  port: number
  token: string
  maxBodyBytes: number
  capture: Capture
  items: ItemLookup
  health: () => Promise<Health>
  books: BookRoutes
  log: AgentLog
  maxConcurrent?: number
  lookupTimeoutMs?: number
  /** A connection that has not sent its headers by then is closed. */
  headersTimeoutMs?: number
}

/** Completeness, as far as the tills' door shows it. */
export interface BookRoutes {
  exceptions(): Promise<Answer>
  day(encoded: string): Promise<Answer>
  dayCloses(bytes: Uint8Array): Promise<Answer>
}

export interface HttpIntake {
  readonly port: number
  close(): Promise<void>
}

const drainTimeoutMs = 5_000
const closeGraceMs = 2_000

export const startHttpIntake = async (options: HttpIntakeOptions): Promise<HttpIntake> => {
  const { capture, items, log, maxBodyBytes, maxConcurrent = 64, lookupTimeoutMs = 2_000, headersTimeoutMs = 10_000 } = options
  const hasToken = createTokenCheck(options.token)
  let underWay = 0
  let closing = false

  const withBody = async (request: IncomingMessage, step: (bytes: Uint8Array) => Promise<Answer>): Promise<Answer> => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') return refuse(415, 'UNKNOWN_DIALECT', `a body in ${encoding} is not read`)
    const body = await readBody(request, maxBodyBytes)
    if (body.outcome === 'too-large')
      return refuse(413, 'TOO_LARGE', `the body is over ${maxBodyBytes} bytes; split it, or use the watched folder`)
    return body.outcome === 'broken-off' ? refuse(400, 'MALFORMED', 'the body broke off') : step(body.bytes)
  }

  const takeTransactions = async (request: IncomingMessage, bytes: Uint8Array): Promise<Answer> => {
    const contentType = request.headers['content-type']
    try {
      return answerResults(await capture.take({ bytes, source: 'http', ...(contentType === undefined ? {} : { contentType }) }))
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error
      log.error(`cannot write: ${error.message}`)
      return refuse(503, 'CANNOT_WRITE', `the journal cannot be written: ${error.message}; keep the sale and try again`, {
        'retry-after': '5',
      })
    }
  }

  const route = (request: IncomingMessage): Promise<Answer> | Answer => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (isForeign(request, options.host)) return refuse(403, 'UNAUTHORIZED', 'only programs on this computer may ask, not web pages')
    if (path === '/v1/health') return allow(request, 'GET', async () => ({ status: 200, body: await options.health() }))
    if (path === '/v1/openapi.json') return allow(request, 'GET', () => ({ status: 200, body: agentOpenApi() }))
    const barcode = /^\/v1\/items\/([^/]+)$/.exec(path)?.[1]
    const day = /^\/v1\/days\/([^/]+)$/.exec(path)?.[1]
    if (!['/v1/transactions', '/v1/day-closes', '/v1/exceptions'].includes(path) && barcode === undefined && day === undefined)
      return refuse(404, 'NOT_FOUND', 'no such address; see /v1/openapi.json')
    if (!hasToken(request)) return refuse(401, 'UNAUTHORIZED', 'the token is missing or wrong', { 'www-authenticate': 'Bearer' })
    if (barcode !== undefined) return allow(request, 'GET', () => answerItem(items, barcode, lookupTimeoutMs))
    if (day !== undefined) return allow(request, 'GET', () => options.books.day(day))
    if (path === '/v1/exceptions') return allow(request, 'GET', () => options.books.exceptions())
    const take = path === '/v1/day-closes' ? options.books.dayCloses : (bytes: Uint8Array) => takeTransactions(request, bytes)
    return allow(request, 'POST', () => withBody(request, take))
  }

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (underWay >= maxConcurrent)
      return refuse(503, request.method === 'POST' ? 'CANNOT_WRITE' : 'NOT_READY', 'too many requests at once', { 'retry-after': '1' })
    underWay += 1
    try {
      return await route(request)
    } catch (error) {
      log.error(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      return refuse(500, 'INTERNAL', 'a fault of ours; keep the sale and try again')
    } finally {
      underWay -= 1
    }
  }

  const server = createServer({ connectionsCheckingInterval: Math.min(headersTimeoutMs, 2_000) }, (request, response) => {
    response.on('error', () => undefined)
    void answer(request).then((given) => send(request, response, closing ? lastAnswer(given) : given, maxBodyBytes))
  })
  server.requestTimeout = 30_000
  server.headersTimeout = headersTimeoutMs
  server.keepAliveTimeout = 75_000
  server.maxConnections = 512
  server.on('clientError', (_error, socket) => {
    // Ended alone it would stay, for a peer that never ends its own side.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', () => socket.destroy())
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      server.on('error', (error) => log.error(`http: ${error.message}`))
      resolve()
    })
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      closing = true
      const force = setTimeout(() => server.closeAllConnections(), closeGraceMs)
      server.close(() => {
        clearTimeout(force)
        resolve()
      })
      server.closeIdleConnections()
    })
  return { port: (server.address() as AddressInfo).port, close }
}

const allow = (request: IncomingMessage, method: string, step: () => Promise<Answer> | Answer): Promise<Answer> | Answer =>
  request.method === method ? step() : refuse(405, 'NOT_FOUND', `only ${method} is answered here`, { allow: method })

/** A kept-alive connection would hold the server open. */
const lastAnswer = (answer: Answer): Answer => ({ ...answer, headers: { ...answer.headers, connection: 'close' } })

const send = (request: IncomingMessage, response: ServerResponse, { status, body, headers }: Answer, maxBodyBytes: number): void => {
  const text = JSON.stringify(body)
  const unread = !request.complete
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(unread ? { connection: 'close' } : {}),
    ...headers,
  })
  response.end(text)
  if (unread) drain(request, maxBodyBytes * 10, drainTimeoutMs)
}
