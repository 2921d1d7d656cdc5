/**
 * LISTEN on its own connection, for ever: after a lost connection it connects and LISTENs again, then says so, because
 * what was notified meanwhile is gone and the caller must look for itself.
 */
import pg from 'pg'
import type { Logger } from 'pino'

export interface ListenerOptions {
  url: string
  log: Logger
  channels: Record<string, (payload: string) => void>
  /** After each successful LISTEN, the first included: notifications before this moment may be missed. */
  onListening: () => void
  retryDelayMs?: number
}

export interface Listener {
  stop(): Promise<void>
}

type State =
  | { state: 'connecting' }
  | { state: 'listening'; client: pg.Client }
  | { state: 'waiting'; timer: NodeJS.Timeout }
  | { state: 'stopped' }

export const startListener = ({ url, log, channels, onListening, retryDelayMs = 500 }: ListenerOptions): Listener => {
  let current: State = { state: 'connecting' }

  const lost = (client: pg.Client, error?: Error): void => {
    client.removeAllListeners()
    client.on('error', () => undefined)
    void client.end().catch(() => undefined)
    if (current.state === 'stopped' || current.state === 'waiting') return
    if (current.state === 'listening' && current.client !== client) return
    log.warn({ reason: error?.message }, 'notifications interrupted, reconnecting')
    current = { state: 'waiting', timer: setTimeout(connect, retryDelayMs) }
  }

  const connect = (): void => {
    current = { state: 'connecting' }
    const client = new pg.Client({
      connectionString: url,
      application_name: 'tideline-listen',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    })
    client.on('error', (error) => lost(client, error))
    client.on('end', () => lost(client))
    client.on('notification', ({ channel, payload }) => channels[channel]?.(payload ?? ''))
    open(client).then(
      () => {
        if (current.state !== 'connecting') return void client.end().catch(() => undefined)
        current = { state: 'listening', client }
        onListening()
      },
      (error: Error) => lost(client, error),
    )
  }

  const open = async (client: pg.Client): Promise<void> => {
    await client.connect()
    for (const channel of Object.keys(channels)) await client.query(`listen ${client.escapeIdentifier(channel)}`)
  }

  connect()
  return {
    stop: async () => {
      const before = current
      current = { state: 'stopped' }
      if (before.state === 'waiting') clearTimeout(before.timer)
      if (before.state === 'listening') {
        before.client.removeAllListeners()
        before.client.on('error', () => undefined)
        await before.client.end().catch(() => undefined)
      }
    },
  }
}
