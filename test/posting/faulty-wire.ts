/**
 * An HTTP proxy before an ERP that breaks connections where a test says so: before the ERP saw the request, or after it
 * answered. The ERP behind it is the real one.
 */
import { createServer, request as forward } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export type Break = 'none' | 'before' | 'after'

export interface FaultyWire {
  url: string
  /** Called for each request with its number since the last script, from 0. */
  script(decide: (index: number) => Break): void
  /** How many requests came since the last script. */
  requests(): number
  /** Waits until the ERP has answered everything it was sent, answers thrown away included. */
  settled(): Promise<void>
  close(): Promise<void>
}

export const startFaultyWire = async (erpUrl: string): Promise<FaultyWire> => {
  let decide: (index: number) => Break = () => 'none'
  let count = 0
  const underWay = new Set<Promise<unknown>>()
  const server = createServer((incoming, outgoing) => {
    const fault = decide(count++)
    if (fault === 'before') return void incoming.socket.destroy()
    const onward = forward(new URL(incoming.url ?? '/', erpUrl), { method: incoming.method, headers: incoming.headers, agent: false })
    incoming.pipe(onward)
    const done = once(onward, 'response').then(async ([answer]) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
      if (fault === 'after') return incoming.socket.destroy()
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      return outgoing.end(Buffer.concat(chunks))
    })
    const settled = done.catch(() => incoming.socket.destroy())
    underWay.add(settled)
    void settled.finally(() => underWay.delete(settled))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script: (next) => {
      decide = next
      count = 0
    },
    requests: () => count,
    settled: async () => void (await Promise.all(underWay)),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
