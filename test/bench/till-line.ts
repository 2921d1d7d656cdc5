/** A till's kept-alive connection that spends next to no time of its own: one request at a time, others wait their turn. */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface TillLine {
  /** Resolves with the answer's status once its whole body has come. */
  post(request: string): Promise<number>
  close(): void
}

export const requestOf = (token: string, body: string): string =>
  `POST /v1/transactions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
  `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Null while the answer is not whole. */
const statusIn = (answer: string): number | null => {
  const [head, body] = answer.split('\r\n\r\n', 2)
  const length = /content-length: (\d+)/i.exec(head ?? '')?.[1]
  return body !== undefined && length !== undefined && body.length >= Number(length) ? Number(answer.slice(9, 12)) : null
}

export const openTillLine = async (port: number): Promise<TillLine> => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const waiting: { request: string; resolve: (status: number) => void; reject: (error: Error) => void }[] = []
  let answer = ''
  const sendNext = (): void => {
    const [next] = waiting
    if (next) socket.write(next.request)
  }
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1')
    const status = statusIn(answer)
    if (status === null) return
    answer = ''
    waiting.shift()?.resolve(status)
    sendNext()
  })
  socket.on('close', () => {
    for (const one of waiting.splice(0)) one.reject(new Error('the agent closed the connection'))
  })
  return {
    post: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        if (waiting.length === 1) sendNext()
      }),
    close: () => void socket.destroy(),
  }
}
