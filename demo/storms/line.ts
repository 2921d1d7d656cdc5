/** A store's line to the hub: a relay that can be cut, and that counts what came through to the store. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface Line {
  url: string
  /** All connections break, and new ones are refused. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** Bytes from hub to store since the line was opened. */
  receivedBytes(): number
  close(): Promise<void>
}

export const openLine = async (hubPort: number): Promise<Line> => {
  const sockets = new Set<Socket>()
  let receivedBytes = 0
  let server: Server | undefined

  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  const relay = (fromStore: Socket): void => {
    const toHub = connect(hubPort, '127.0.0.1')
    keep(fromStore, toHub)
    keep(toHub, fromStore)
    toHub.on('data', (chunk) => (receivedBytes += chunk.length))
    fromStore.pipe(toHub).pipe(fromStore)
  }
  const listen = async (port: number): Promise<number> => {
    server = createServer(relay).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = async (): Promise<void> => {
    const open = server
    if (!open) return
    server = undefined
    const closed = once(open, 'close')
    open.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  const port = await listen(0)
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    mend: async () => {
      if (!server) await listen(port)
    },
    receivedBytes: () => receivedBytes,
    close: cut,
  }
}
