/** A listening HTTP or HTTPS server with its time limits: a slow or silent connection ends, an answer always leaves, closing waits for it. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { AgentLog } from '../agent-log.ts'
import { codeOf } from '../journal/disk.ts'
import type { Answer } from './answers.ts'
import { drain } from './request-body.ts'

export interface ListenerOptions {
  host: string
  port: number
  maxBodyBytes: number
  log: AgentLog
  answer(request: IncomingMessage): Promise<Answer>
  /** With it, TLS alone is spoken. */
  tls?: ServerOptions
  /** A connection that has not sent its headers by then is closed. */
  headersTimeoutMs?: number
  /** From one address; without it only all connections together are bounded. */
  maxConnectionsPerAddress?: number
}

export interface Listener {
  readonly port: number
  /** For connections that come from now on. */
  renewTls(tls: ServerOptions): void
  close(): Promise<void>
}

const drainTimeoutMs = 5_000
const closeGraceMs = 2_000

export const startListener = async (options: ListenerOptions): Promise<Listener> => {
  const { log, maxBodyBytes, headersTimeoutMs = 10_000, maxConnectionsPerAddress = Infinity } = options
  let closing = false

  const serve: RequestListener = (request, response) => {
    response.on('error', () => undefined)
    void options.answer(request).then((given) => send(request, response, closing ? lastAnswer(given) : given, maxBodyBytes))
  }
  const interval = { connectionsCheckingInterval: Math.min(headersTimeoutMs, 2_000) }
  const tlsServer = options.tls && createTlsServer({ ...interval, handshakeTimeout: headersTimeoutMs, ...options.tls }, serve)
  const server = tlsServer ?? createServer(interval, serve)
  server.requestTimeout = 30_000
  server.headersTimeout = headersTimeoutMs
  server.keepAliveTimeout = 75_000
  server.maxConnections = 512
  const connections = new Map<string, number>()
  server.on('connection', (socket) => {
    const from = socket.remoteAddress ?? ''
    const count = (connections.get(from) ?? 0) + 1
    connections.set(from, count)
    socket.once('close', () => {
      const left = (connections.get(from) ?? 1) - 1
      if (left === 0) connections.delete(from)
      else connections.set(from, left)
    })
    if (count > maxConnectionsPerAddress) socket.destroy()
  })
  server.on('clientError', (_error, socket) => {
    // Ended alone it would stay, for a peer that never ends its own side.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', () => socket.destroy())
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    const refuse = (fault: Error): void => reject(cannotListen(fault, options))
    server.once('error', refuse)
    server.listen(options.port, options.host, () => {
      server.off('error', refuse)
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
  return { port: (server.address() as AddressInfo).port, renewTls: (tls) => tlsServer?.setSecureContext(tls), close }
}

/** In words for whoever stands at the computer. */
const cannotListen = (fault: Error, { host, port }: ListenerOptions): Error => {
  const code = codeOf(fault)
  if (code === 'EADDRINUSE') return new Error(`another program on this computer has the port ${port} already (${code})`, { cause: fault })
  if (code === 'EADDRNOTAVAIL') return new Error(`this computer has no network address ${host} (${code})`, { cause: fault })
  return fault
}

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
