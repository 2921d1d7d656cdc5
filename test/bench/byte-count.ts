/** A TCP proxy on loopback that counts what passes in either direction: all that a connection costs but IP's and TCP's own headers. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface ByteCount {
  /** The proxied address. */
  url: string
  sent(): number
  received(): number
  stop(): Promise<void>
}

export const countBytesTo = async (hubUrl: string): Promise<ByteCount> => {
  const { hostname, port } = new URL(hubUrl)
  const counted = { sent: 0, received: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const hub = connect(Number(port), hostname)
    for (const socket of [client, hub]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        hub.destroy()
      })
    }
    client.on('data', (bytes) => void ((counted.sent += bytes.length), hub.write(bytes)))
    hub.on('data', (bytes) => void ((counted.received += bytes.length), client.write(bytes)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => counted.sent,
    received: () => counted.received,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
