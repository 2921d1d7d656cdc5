/**
 * Serves the built pages as `app://agent/…`. Only files below `root` are reachable, and every answer carries a
 * content security policy; the engine's page alone may talk to the hub. Scheme and host are frozen for ever: the
 * local database belongs to this origin.
 */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { must } from '#sync/contract/assert.ts'

export const appScheme = 'app'
export const appHost = 'agent'
export const pageAddresses = {
  engine: `${appScheme}://${appHost}/engine/index.html`,
  manager: `${appScheme}://${appHost}/manager/index.html`,
} as const
export type PageRole = keyof typeof pageAddresses

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** The hub as connect-src names it: its HTTP origin and the websocket of the same host. */
export const hubSources = (hubUrl: string): string[] => {
  const origin = new URL(hubUrl).origin
  return [origin, origin.replace(/^http/, 'ws')]
}

export const contentSecurityPolicy = (connect: readonly string[]): string =>
  [
    "default-src 'self'",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** The file a request means, or null when it is not below `root`. */
export const resolveAppFile = (root: string, url: string): string | null => {
  const parsed = new URL(url)
  if (parsed.protocol !== `${appScheme}:` || parsed.host !== appHost) return null
  let path: string
  try {
    path = decodeURIComponent(parsed.pathname)
  } catch {
    return null
  }
  if (path.includes('\0') || path.includes('\\') || path.split('/').includes('..')) return null
  const base = normalize(root + sep)
  const file = join(base, path)
  return file.startsWith(base) && extname(file) in contentTypes ? file : null
}

const plain = (status: number, text: string): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })

export interface AppFilesOptions {
  root: string
  /** Known only after enrolment. */
  hubUrl: () => string | undefined
}

export type AppFiles = (request: Pick<Request, 'url' | 'method'>) => Promise<Response>

export const createAppFiles = ({ root, hubUrl }: AppFilesOptions): AppFiles => {
  return async (request) => {
    const file = resolveAppFile(root, request.url)
    if (file === null) return plain(404, 'not found')
    if (request.method !== 'GET') return plain(405, 'GET only')
    const hub = hubUrl()
    const mayReachHub = new URL(request.url).pathname.startsWith('/engine/') && hub !== undefined
    try {
      return new Response(await readFile(file), {
        headers: {
          'content-type': must(contentTypes[extname(file)], 'content type'),
          'content-security-policy': contentSecurityPolicy(mayReachHub ? hubSources(hub) : []),
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        },
      })
    } catch {
      return plain(404, 'not found')
    }
  }
}
