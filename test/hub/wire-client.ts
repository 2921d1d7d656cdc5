/** A bare protocol client: a socket, the hub's pushes as they came, and hello on demand. */
import type { Socket } from 'socket.io-client'
import { io } from 'socket.io-client'
import type { ModelDevice } from './model-device.ts'

export interface WireClient {
  socket: Socket
  pushed: { event: string; message: unknown }[]
  nonce(): Promise<string>
  hello(device: ModelDevice, change?: Record<string, unknown>): Promise<Record<string, unknown>>
  send(event: string, message: unknown): Promise<Record<string, unknown>>
}

export const connectWire = (url: string): WireClient => {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
  const pushed: WireClient['pushed'] = []
  const challenged = new Promise<string>((settle) => socket.once('challenge', ({ nonce }: { nonce: string }) => settle(nonce)))
  socket.onAny((event: string, message: unknown) => pushed.push({ event, message }))
  const send = async (event: string, message: unknown): Promise<Record<string, unknown>> =>
    (await socket.timeout(20_000).emitWithAck(event, message)) as Record<string, unknown>
  return {
    socket,
    pushed,
    nonce: () => challenged,
    hello: async (device, change = {}) => send('hello', { ...device.hello(await challenged), ...change }),
    send,
  }
}
