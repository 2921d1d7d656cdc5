/** The scripted hub behind a real Socket.IO server on loopback, for engines that live in a browser. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { batchLimits } from '#sync/contract/protocol.ts'
import { upMessages, type UpEvent } from '#sync/contract/up.ts'
import type { ScriptedHub } from './scripted-hub.ts'

export interface SocketHub {
  url: string
  close(): Promise<void>
}

export const serveScriptedHub = async (hub: ScriptedHub): Promise<SocketHub> => {
  const http = createServer()
  const server = new Server(http, { transports: ['websocket'], maxHttpBufferSize: batchLimits.maxMessageBytes })
  server.on('connection', (socket) => {
    if (!hub.up) return void socket.disconnect(true)
    for (const event of Object.keys(upMessages) as UpEvent[])
      socket.on(event, (message: unknown, answer: (response: unknown) => void) => {
        const response = hub.answer(event, message)
        if (response === null) socket.disconnect(true)
        else if (response !== 'silent') answer(response)
      })
    socket.emit('challenge', { nonce: 'n'.repeat(24) })
  })
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => server.close() }
}
