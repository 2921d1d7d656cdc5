/** Gateways alone, each on its own port, and bare clients of them; all are gone after each test. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Gateway, type GatewayOptions, startGateway } from '#hub/gateway/gateway.ts'
import { createHubMetrics } from '#hub/metrics.ts'
import pino from 'pino'
import { afterEach } from 'vitest'
import type { TestDatabase } from './database.ts'
import { connectWire, type WireClient } from './wire-client.ts'

const log = pino({ level: 'silent' })

export interface Gateways {
  /** Its address. */
  start(database: TestDatabase, options?: Partial<GatewayOptions>): Promise<string>
  connect(url: string): WireClient
}

/** Call at the top of a test file. */
export const withGateways = (): Gateways => {
  const started: { gateways: Gateway[]; clients: WireClient[] } = { gateways: [], clients: [] }
  afterEach(async () => {
    for (const { socket } of started.clients.splice(0)) socket.disconnect()
    await Promise.all(started.gateways.splice(0).map((gateway) => gateway.stop()))
  })
  return {
    start: async ({ anotherPool, url }, options = {}) => {
      const http = createServer()
      await new Promise<void>((settle) => http.listen(0, '127.0.0.1', settle))
      started.gateways.push(startGateway({ http, db: anotherPool(), databaseUrl: url, log, metrics: createHubMetrics(), ...options }))
      return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    },
    connect: (url) => {
      const made = connectWire(url)
      started.clients.push(made)
      return made
    },
  }
}
