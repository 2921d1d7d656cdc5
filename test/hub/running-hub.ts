/** A whole hub in this process on a test database, and its API as an operator calls it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readHubConfig } from '#hub/config.ts'
import { type Hub, startHub } from '#hub/server.ts'
import pino from 'pino'
import { afterEach } from 'vitest'
import { connectWire, type WireClient } from './wire-client.ts'

export interface Answer {
  status: number
  body: unknown
}

export interface RunningHub extends Hub {
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  wire(): WireClient
}

/** Call at the top of a test file; each test's hubs and sockets are gone after it. */
export const withHubs = (): ((environment: Record<string, string>) => Promise<RunningHub>) => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return async (environment) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tideline-hub-'))
    ends.push(() => rm(dataDir, { recursive: true, force: true }))
    const config = readHubConfig({ TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: dataDir, TIDELINE_LOG: 'silent', ...environment })
    const hub = await startHub(config, pino({ level: 'silent' }))
    ends.push(() => hub.stop())
    const operator = { authorization: `Bearer ${hub.operatorToken}` }
    return {
      ...hub,
      get: (path, headers = operator) => call(hub.url + path, { headers }),
      post: (path, body, headers = operator) =>
        call(hub.url + path, {
          method: 'POST',
          headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      put: (path, body) =>
        call(hub.url + path, { method: 'PUT', headers: { ...operator, 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      wire: () => {
        const client = connectWire(hub.url)
        ends.push(() => client.socket.disconnect())
        return client
      },
    }
  }
}

/** The body as JSON where it says so, else as text. */
const call = async (url: string, init: RequestInit): Promise<Answer> => {
  const response = await fetch(url, init)
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return { status: response.status, body: isJson ? await response.json() : await response.text() }
}
