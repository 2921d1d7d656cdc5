/** The link against a real Socket.IO server on loopback. */
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LinkLost } from '#sync/core/ports.ts'
import { SocketLink } from './socket-link.ts'

let http: HttpServer
let server: Server
let hubUrl: string
let link: SocketLink
let unknown: [string, unknown][]
let received: [string, unknown][]
let lost: string[]
let onEvent: () => void
let onMoved: (direction: 'sent' | 'received', bytes: number) => void

beforeEach(async () => {
  http = createServer()
  server = new Server(http, { transports: ['websocket'] })
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  unknown = []
  received = []
  lost = []
  onEvent = () => undefined
  onMoved = () => undefined
  link = new SocketLink({ hubUrl, timeoutMs: 200, onUnknown: (event, payload) => void (unknown.push([event, payload]), onEvent()) })
})
afterEach(async () => {
  link.close()
  await server.close()
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise<void>((resolve) => (onEvent = resolve))
}
const connect = (): void =>
  link.connect({
    onDown: (event, message) => void (received.push([event, message]), onEvent()),
    onLost: (reason) => void (lost.push(reason), onEvent()),
    onMoved: (direction, bytes) => onMoved(direction, bytes),
  })
const greeted = async (): Promise<Socket> => {
  const socket = new Promise<Socket>((resolve) => server.once('connection', resolve))
  connect()
  const connected = await socket
  connected.emit('challenge', { nonce: 'n'.repeat(20) })
  await until(() => received.length > 0)
  return connected
}
const pull = () => link.request('pull', { feed: 'items', after: 0, limit: 1 })

describe('socket link', () => {
  it('[TRN8] hands on what parses, answers and pushes, and parks what does not', async () => {
    const socket = await greeted()
    socket.on('pull', (_request, answer) => answer({ outcome: 'pulled', entries: [], checkpoint: 7, more: false }))
    expect(await pull()).toEqual({ outcome: 'pulled', entries: [], checkpoint: 7, more: false })
    socket.emit('recipe', { of: 'a newer protocol' })
    socket.emit('poke', { feed: 'recipes' })
    socket.emit('poke', { feed: 'items' })
    await until(() => received.length === 2)
    expect(received[1]).toEqual(['poke', { feed: 'items' }])
    expect(unknown).toEqual([
      ['recipe', { of: 'a newer protocol' }],
      ['poke', { feed: 'recipes' }],
    ])
  })

  it('[TRN8] an answer that is not of the protocol is a refusal, and parked', async () => {
    const socket = await greeted()
    socket.on('pull', (_request, answer) => answer({ outcome: 'pulled', entries: 'all' }))
    expect(await pull()).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
    expect(unknown).toEqual([['pull', { outcome: 'pulled', entries: 'all' }]])
  })

  it('[TRN10] emits nothing while disconnected: not now, and not later', async () => {
    await expect(pull()).rejects.toBeInstanceOf(LinkLost)
    connect()
    await expect(pull()).rejects.toBeInstanceOf(LinkLost)
    const heard: string[] = []
    server.on('connection', (socket) => socket.onAny((event: string) => void heard.push(event)))
    const socket = await greeted()
    socket.on('pull', (_request, answer) => answer({ outcome: 'pulled', entries: [], checkpoint: 0, more: false }))
    await pull()
    expect(heard).toEqual(['pull'])
  })

  it('[TRN10] tells of the loss once, and leaves coming back to the core', async () => {
    const socket = await greeted()
    let connections = 0
    server.on('connection', () => void (connections += 1))
    const asked = pull()
    socket.disconnect(true)
    await expect(asked).rejects.toBeInstanceOf(LinkLost)
    await until(() => lost.length > 0)
    expect(lost).toHaveLength(1)
    expect(connections).toBe(0)
  })

  it('[TRN10] an answer that does not come in time is a lost line', async () => {
    await greeted()
    await expect(pull()).rejects.toBeInstanceOf(LinkLost)
  })

  it('[TRN20] tells what it moved, as near as can be: handshake, text, bytes and answers', async () => {
    const connection = new Promise<TcpSocket>((resolve) => http.once('connection', resolve))
    const moved = { sent: 0, received: 0 }
    onMoved = (direction, bytes) => (moved[direction] += bytes)
    const socket = await greeted()
    socket.on('packedBatch', (_request, answer) => answer({ outcome: 'acknowledged', ackedSeq: 1, verdicts: [] }))
    for (const size of [10, 300, 90_000])
      await link.request('packedBatch', { codec: 'deflate-raw', bytes: new Uint8Array(size), fromSeq: 1, count: 1 })
    const tcp = await connection
    expect(Math.abs(moved.sent - tcp.bytesRead)).toBeLessThan(200)
    expect(Math.abs(moved.received - tcp.bytesWritten)).toBeLessThan(200)
  })

  it('tells when nobody listens', async () => {
    link.close()
    link = new SocketLink({ hubUrl: 'http://127.0.0.1:1', timeoutMs: 500 })
    connect()
    await until(() => lost.length > 0)
    expect(received).toEqual([])
  })
})
