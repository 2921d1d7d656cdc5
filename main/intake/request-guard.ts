/**
 * Who may ask: a program on this computer that knows the token. A browser page may not, whatever name it resolved to this
 * address: it sends an Origin, or a Host that is not ours.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const loopback = new Set(['127.0.0.1', 'localhost', '::1'])

export const isForeign = (request: IncomingMessage, boundHost: string): boolean => {
  const { host, origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (origin !== undefined || (site !== undefined && site !== 'none')) return true
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  if (loopback.has(name) || name === boundHost.toLowerCase()) return false
  const boundToAll = boundHost === '0.0.0.0' || boundHost === '::'
  return !(boundToAll && isIP(name) !== 0)
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

/** Compares digests: neither length nor content of the token shows in the time it takes. */
export const createTokenCheck = (token: string): ((request: IncomingMessage) => boolean) => {
  const expected = digest(token)
  return ({ headers }) => {
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
    return token !== '' && given !== undefined && timingSafeEqual(digest(given), expected)
  }
}
