/**
 * The sockets of all stores of this process. Nothing here is remembered beyond a connection: any gateway can take any
 * device at any time. Pokes, asks and dismissals arrive over NOTIFY, so they reach sockets at every process.
 */
import type { Server as HttpServer } from 'node:http'
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import { Server, type Socket } from 'socket.io'
import { createFeedReader } from '../catalogue/feed-page.ts'
import { feedChannel } from '../catalogue/feed.ts'
import { deviceChannel, parseDeviceNotice } from '../enrolment/device-channel.ts'
import { epochChannel, parseEpochNotification } from '../epoch/epoch.ts'
import { startEpochWatch } from '../epoch/epoch-watch.ts'
import { startListener } from '../storage/listener.ts'
import { createFeedNews } from './feed-news.ts'
import { createSessionContext, type SessionContextOptions } from './session-context.ts'
import { openStoreSession, type StoreSession } from './store-session.ts'

export interface GatewayOptions extends SessionContextOptions {
  http: HttpServer
  databaseUrl: string
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

export const startGateway = ({ http, databaseUrl, ...options }: GatewayOptions): Gateway => {
  const { db, log, metrics } = options
  const io = new Server<UpEvents, DownEvents, Record<string, never>, SocketData>(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: batchLimits.maxMessageBytes,
  })
  const context = createSessionContext(options)

  const localSockets = (room: string): StoreSocket[] =>
    [...(io.sockets.adapter.rooms.get(room) ?? [])].flatMap((id) => io.sockets.sockets.get(id) ?? [])

  const scopeRoom = (scope: string): string => (scope === '*' ? welcomedRoom : storeRoom(scope))
  const heedFeed = createFeedNews({
    reader: createFeedReader(db, (work) => work()),
    log,
    isHeard: (scope) => io.sockets.adapter.rooms.has(scopeRoom(scope)),
    poke: (scope, message) => {
      for (const socket of localSockets(scopeRoom(scope))) socket.data.session.poke(message)
    },
  })

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
      await context.work.idle()
      await io.close()
    },
  }
}
