/**
 * Who may ask: a program that knows a token. A browser page may not, whatever name it resolved to this address: it sends an Origin, or
 * on loopback a Host that is not ours. On the network the certificate answers for the name.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const loopback = new Set(['127.0.0.1', 'localhost', '::1'])

export const isWebPage = ({ headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site']
  return headers.origin !== undefined || (site !== undefined && site !== 'none')
}

export const isForeign = (request: IncomingMessage, boundHost: string): boolean => {
  const { host } = request.headers
  if (isWebPage(request)) return true
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  if (loopback.has(name) || name === boundHost.toLowerCase()) return false
  const boundToAll = boundHost === '0.0.0.0' || boundHost === '::'
  return !(boundToAll && isIP(name) !== 0)
}

/** Tokens are compared as digests: neither length nor content shows in the time it takes. */
export const tokenDigest = (token: string): Buffer => hash('sha256', token, 'buffer')

export const givenToken = ({ headers }: IncomingMessage): string | undefined => /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]

export const createTokenCheck = (token: string): ((request: IncomingMessage) => boolean) => {
  const expected = tokenDigest(token)
  return (request) => {
    const given = givenToken(request)
    return token !== '' && given !== undefined && timingSafeEqual(tokenDigest(given), expected)
  }
}
