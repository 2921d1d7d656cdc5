/**
 * The sockets of all stores of this process. Nothing here is remembered beyond a connection: any gateway can take any
 * device at any time. Pokes and dismissals arrive over NOTIFY, so they reach sockets at every process.
 */
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { batchLimits, protocol } from '#sync/contract/protocol.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { instantSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { Server, type Socket } from 'socket.io'
import { feedChannel, parseFeedNotification } from '../catalogue/feed.ts'
import { type DeviceNotice, deviceChannel, notifyDevice, parseDeviceNotice } from '../enrolment/device-channel.ts'
import { readPosition } from '../intake/accept-batch.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { startListener } from '../storage/listener.ts'
import { refuse, refuseError } from './answer.ts'
import { greet, type Hello, parseHello } from './handshake.ts'
import { answerBatch, answerFetch, answerPull, type RequestContext } from './requests.ts'
import { isOlder, nextSession, type Peer, type Session, type SessionEvent } from './session.ts'
import { createWorkLimit } from './work-limit.ts'

export interface GatewayOptions {
  http: HttpServer
  db: Database
  databaseUrl: string
  log: Logger
  metrics: HubMetrics
  /** Batches, pulls and fetches at the database at once, over all sockets. */
  workAtOnce?: number
}

export interface Gateway {
  stop(): Promise<void>
}

interface SocketData {
  session: Session
}
type DownEvents = { [E in DownEvent]: (message: DownMessage<E>) => void }
type StoreSocket = Socket<Record<string, (...values: unknown[]) => void>, DownEvents, Record<string, never>, SocketData>

const storeRoom = (storeId: string): string => `store:${storeId}`
const deviceRoom = (deviceId: string): string => `device:${deviceId}`
const welcomedRoom = 'welcomed'

export const startGateway = ({ http, db, databaseUrl, log, metrics, workAtOnce = 8 }: GatewayOptions): Gateway => {
  const io = new Server<Record<string, (...values: unknown[]) => void>, DownEvents, Record<string, never>, SocketData>(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: batchLimits.maxMessageBytes,
  })
  const context: RequestContext = { db, log, metrics, limit: createWorkLimit(workAtOnce) }

  const advance = (socket: StoreSocket, event: SessionEvent): Session => (socket.data.session = nextSession(socket.data.session, event))

  const dismiss = (socket: StoreSocket, code: ErrorCode, message: string): void => {
    advance(socket, { event: 'ended' })
    socket.emit('dismiss', { code, message })
    socket.disconnect(true)
  }

  const inTurn = createTurns()

  const localSockets = (room: string): StoreSocket[] =>
    [...(io.sockets.adapter.rooms.get(room) ?? [])].flatMap((id) => io.sockets.sockets.get(id) ?? [])

  const heed = (notice: DeviceNotice): void => {
    for (const socket of localSockets(deviceRoom(notice.deviceId))) {
      if (notice.event === 'revoked') dismiss(socket, 'REVOKED_DEVICE', 'this device was revoked at the hub')
      else if (socket.id === notice.sessionId) advance(socket, { event: 'announced' })
      else if (isOlder(socket.data.session, notice.incarnation))
        dismiss(socket, 'SESSION_REPLACED', 'a newer connection of this device took over')
    }
  }

  const pokeAll = (): void => {
    for (const feed of feedNames) io.to(welcomedRoom).emit('poke', { feed })
  }

  const listener = startListener({
    url: databaseUrl,
    log,
    channels: {
      [feedChannel]: (payload) => {
        const notified = parseFeedNotification(payload)
        if (notified) io.to(notified.scope === '*' ? welcomedRoom : storeRoom(notified.scope)).emit('poke', { feed: notified.feed })
      },
      [deviceChannel]: (payload) => {
        const notice = parseDeviceNotice(payload)
        if (notice) heed(notice)
      },
    },
    onListening: pokeAll,
  })

  const answerHello = async (socket: StoreSocket, message: unknown): Promise<UpResponse<'hello'>> => {
    const session = socket.data.session
    if (session.state !== 'challenged') return refuse('UNKNOWN_MESSAGE', 'hello comes once, first')
    const hello = parseHello(message)
    if (!hello) return refuse('UNKNOWN_MESSAGE', 'not a hello of this protocol')
    advance(socket, { event: 'hello' })
    try {
      const greeting = await greet(db, session.nonce, hello)
      if (greeting.greeting === 'known')
        return await welcome(socket, { deviceId: hello.deviceId, incarnation: hello.incarnation, storeId: greeting.storeId }, hello)
      advance(socket, { event: 'refused' })
      return refuse(greeting.code, greeting.message)
    } catch (error) {
      advance(socket, { event: 'refused' })
      return refuseError(error, log)
    }
  }

  const welcome = async (socket: StoreSocket, peer: Peer, hello: Hello): Promise<UpResponse<'hello'>> => {
    const agentVersion = hello.agentVersion.replaceAll('\u0000', '')
    await sql`update device set last_seen_at = now(), agent_version = ${agentVersion} where device_id = ${peer.deviceId}`.execute(db)
    const position = await readPosition(db, peer.deviceId, peer.incarnation)
    await socket.join([welcomedRoom, storeRoom(peer.storeId), deviceRoom(peer.deviceId)])
    advance(socket, { event: 'known', peer })
    await notifyDevice(db, { event: 'welcomed', deviceId: peer.deviceId, incarnation: peer.incarnation, sessionId: socket.id }).catch(
      (error: unknown) => log.warn({ err: error }, 'older sessions of this device were not told'),
    )
    return {
      outcome: 'welcome',
      protocolVersion: protocol.version,
      storeId: peer.storeId,
      ackedSeq: position.ackedSeq,
      headHash: sha256Schema.parse(position.headHash),
      hubTime: instantSchema.parse(new Date().toISOString()),
    }
  }

  const batch = async (socket: StoreSocket, message: unknown): Promise<UpResponse<'batch'>> => {
    const session = socket.data.session
    if (session.state !== 'welcomed') return refuse('UNKNOWN_MESSAGE', 'say hello first')
    if (session.batchesInFlight >= batchLimits.maxInFlight)
      return refuse('HUB_UNAVAILABLE', `more than ${batchLimits.maxInFlight} batches in flight`)
    advance(socket, { event: 'batch-started' })
    try {
      return await inTurn(socket, () => answerBatch(context, session.peer, message))
    } finally {
      advance(socket, { event: 'batch-done' })
    }
  }

  const pull = async (socket: StoreSocket, message: unknown): Promise<UpResponse<'pull'>> => {
    const session = socket.data.session
    return session.state === 'welcomed' ? answerPull(context, session.peer, message) : refuse('UNKNOWN_MESSAGE', 'say hello first')
  }

  const fetch = async (socket: StoreSocket, message: unknown): Promise<UpResponse<'fetch'>> => {
    const session = socket.data.session
    return session.state === 'welcomed' ? answerFetch(context, session.peer, message) : refuse('UNKNOWN_MESSAGE', 'say hello first')
  }

  const handlers: Record<string, (socket: StoreSocket, message: unknown) => Promise<unknown>> = { hello: answerHello, batch, pull, fetch }

  io.on('connection', (socket) => {
    const nonce = randomBytes(24).toString('base64url')
    socket.data.session = { state: 'challenged', nonce }
    metrics.sessions.inc()
    socket.on('disconnect', () => {
      metrics.sessions.dec()
      advance(socket, { event: 'ended' })
    })
    socket.onAny((event: string, ...values: unknown[]) => {
      const reply = values.at(-1)
      if (typeof reply !== 'function') return
      const handler = handlers[event]
      if (!handler) return void reply(refuse('UNKNOWN_MESSAGE', `this hub does not know ${event.slice(0, 64)}`))
      void handler(socket, values[0]).then((answer) => void reply(answer))
    })
    socket.emit('challenge', { nonce })
  })

  return {
    stop: async () => {
      await listener.stop()
      io.disconnectSockets(true)
      await context.limit.idle()
      await io.close()
    },
  }
}

/** A socket's batches reach the log in the order they came, however many it has in flight. */
const createTurns = (): (<T>(socket: StoreSocket, work: () => Promise<T>) => Promise<T>) => {
  const tails = new WeakMap<StoreSocket, Promise<unknown>>()
  return (socket, work) => {
    const turn = (tails.get(socket) ?? Promise.resolve()).then(work)
    tails.set(
      socket,
      turn.catch(() => undefined),
    )
    return turn
  }
}
