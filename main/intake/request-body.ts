/** A request's body, bounded: over the limit it is refused at once, and the rest is read away so that the answer still arrives. */
import type { IncomingMessage } from 'node:http'

export type Body = { outcome: 'whole'; bytes: Uint8Array } | { outcome: 'too-large' } | { outcome: 'broken-off' }

export const readBody = (request: IncomingMessage, maxBytes: number): Promise<Body> => {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve({ outcome: 'too-large' })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) {
        chunks.length = 0
        resolve({ outcome: 'too-large' })
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(request.complete ? { outcome: 'whole', bytes: Buffer.concat(chunks) } : { outcome: 'broken-off' }))
    request.on('close', () => resolve({ outcome: 'broken-off' }))
    request.on('error', () => resolve({ outcome: 'broken-off' }))
  })
}

/** Reads away what still comes, for a while: a connection closed over unread bytes is reset, and the answer lost with it. */
export const drain = (request: IncomingMessage, maxBytes: number, timeoutMs: number): void => {
  let left = maxBytes
  const timer = setTimeout(() => request.destroy(), timeoutMs)
  timer.unref()
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.destroy()
  })
  request.on('close', () => clearTimeout(timer))
  request.on('end', () => clearTimeout(timer))
  request.resume()
}
