/**
 * The sockets of all stores of this process. Nothing here is remembered beyond a connection: any gateway can take any
 * device at any time. Pokes, asks and dismissals arrive over NOTIFY, so they reach sockets at every process.
 */
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import { Server, type Socket } from 'socket.io'
import { feedChannel, parseFeedNotification } from '../catalogue/feed.ts'
import { deviceChannel, parseDeviceNotice } from '../enrolment/device-channel.ts'
import { epochChannel, parseEpochNotification } from '../epoch/epoch.ts'
import { startEpochWatch } from '../epoch/epoch-watch.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { startListener } from '../storage/listener.ts'
import type { Requests } from './request.ts'
import { openStoreSession, type SessionContext, type StoreSession } from './store-session.ts'
import { createWorkLimit } from './work-limit.ts'

export interface GatewayOptions {
  http: HttpServer
  db: Database
  databaseUrl: string
  log: Logger
  metrics: HubMetrics
  /** What other parts of the hub answer, by event name. */
  moreRequests?: Requests
  /** Batches, pulls and fetches at the database at once, over all sockets. */
  workAtOnce?: number
}

export interface Gateway {
  stop(): Promise<void>
}

interface SocketData {
  session: StoreSession
}
type UpEvents = Record<string, (...values: unknown[]) => void>
type DownEvents = { [E in DownEvent]: (message: DownMessage<E>) => void }
type StoreSocket = Socket<UpEvents, DownEvents, Record<string, never>, SocketData>

const storeRoom = (storeId: string): string => `store:${storeId}`
const deviceRoom = (deviceId: string): string => `device:${deviceId}`
const welcomedRoom = 'welcomed'

export const startGateway = ({ http, db, databaseUrl, log, metrics, moreRequests = {}, workAtOnce = 8 }: GatewayOptions): Gateway => {
  const io = new Server<UpEvents, DownEvents, Record<string, never>, SocketData>(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: batchLimits.maxMessageBytes,
  })
  const limit = createWorkLimit(workAtOnce)
  const newNonce = (): string => randomBytes(24).toString('base64url')
  const context: SessionContext = { db, log, metrics, limit, nowMs: Date.now, newNonce, moreRequests }

  const localSockets = (room: string): StoreSocket[] =>
    [...(io.sockets.adapter.rooms.get(room) ?? [])].flatMap((id) => io.sockets.sockets.get(id) ?? [])

  const heedFeed = (payload: string): void => {
    const notified = parseFeedNotification(payload)
    if (notified) io.to(notified.scope === '*' ? welcomedRoom : storeRoom(notified.scope)).emit('poke', { feed: notified.feed })
  }

  const heedDevice = (payload: string): void => {
    const notice = parseDeviceNotice(payload)
    if (notice) for (const socket of localSockets(deviceRoom(notice.deviceId))) socket.data.session.heed(notice)
  }

  const heedEpoch = (epoch: HubEpoch | null): void => {
    if (epoch) for (const socket of io.sockets.sockets.values()) socket.data.session.heedEpoch(epoch)
  }
  const epochWatch = startEpochWatch({ db, log, onPresent: heedEpoch })

  const pokeAll = (): void => {
    for (const feed of feedNames) io.to(welcomedRoom).emit('poke', { feed })
  }

  const listener = startListener({
    url: databaseUrl,
    log,
    channels: {
      [feedChannel]: heedFeed,
      [deviceChannel]: heedDevice,
      [epochChannel]: (payload) => heedEpoch(parseEpochNotification(payload)),
    },
    onListening: () => {
      pokeAll()
      epochWatch.look()
    },
  })

  io.on('connection', (socket) => {
    metrics.sessions.inc()
    const session = openStoreSession({
      context,
      sessionId: socket.id,
      send: (event, message) => void (socket as Socket).emit(event, message),
      end: () => void socket.disconnect(true),
      onWelcomed: ({ storeId, deviceId }) => void socket.join([welcomedRoom, storeRoom(storeId), deviceRoom(deviceId)]),
    })
    socket.data.session = session
    socket.on('disconnect', () => {
      metrics.sessions.dec()
      session.closed()
    })
    socket.onAny((event: string, ...values: unknown[]) => {
      const reply = values.at(-1)
      if (typeof reply === 'function') void session.receive(event, values[0]).then((answer) => void reply(answer))
    })
  })

  return {
    stop: async () => {
      await listener.stop()
      await epochWatch.stop()
      io.disconnectSockets(true)
      await limit.idle()
      await io.close()
    },
  }
}
