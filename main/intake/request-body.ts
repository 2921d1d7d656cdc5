/** A request's body, bounded: over a limit it is refused at once, and the rest is read away so that the answer still arrives. */
import type { IncomingMessage } from 'node:http'

/** `busy`: with what others send just now it would be too much. */
export type Body = { outcome: 'whole'; bytes: Uint8Array } | { outcome: 'too-large' } | { outcome: 'broken-off' } | { outcome: 'busy' }

/** `hold` is asked for the announced length at once, and else for each chunk as it comes. */
export const readBody = (request: IncomingMessage, maxBytes: number, hold: (bytes: number) => boolean): Promise<Body> => {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.resolve({ outcome: 'too-large' })
  if (!hold(announced)) return Promise.resolve({ outcome: 'busy' })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const giveUp = (outcome: 'too-large' | 'busy'): void => {
      request.removeAllListeners('data')
      chunks.length = 0
      resolve({ outcome })
    }
    request.on('data', (chunk: Buffer) => {
      const beyond = Math.max(size, announced)
      size += chunk.length
      if (size > maxBytes) giveUp('too-large')
      else if (size > beyond && !hold(size - beyond)) giveUp('busy')
      else chunks.push(chunk)
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
