/**
 * Publishes events to NATS JetStream [AVL26]. An event is delivered once its stream said that it is stored; sent twice it is stored once, by
 * its id. The stream keeps the newest event of each key: who comes late has all figures. It is made where it is missing.
 */
import {
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  jetstreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { NatsConfig } from '../config.ts'
import type { AvailabilityEvent } from './event.ts'
import { attemptTimeoutMs } from './held-subscription.ts'
import { subjectOf, subjectRoot } from './nats-subject.ts'
import type { Sent } from './standing.ts'
import type { Transport } from './transport.ts'

const streamNotFound = 10_059
/** JetStream forgets ids after so long; a key's repetition has the same number all the same. */
const duplicateWindowMs = 120_000
const nanosAMs = 1_000_000

const ensureStream = async (connection: NatsConnection, name: string): Promise<void> => {
  const manager = await jetstreamManager(connection)
  const found = await manager.streams.info(name).then(
    () => true,
    (error: unknown) => {
      if (error instanceof JetStreamApiError && error.code === streamNotFound) return false
      throw error
    },
  )
  if (found) return
  await manager.streams.add({
    ...{ name, subjects: [`${subjectRoot}.>`], storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old },
    ...{ max_msgs_per_subject: 1, duplicate_window: duplicateWindowMs * nanosAMs },
  })
}

interface Session {
  connection: NatsConnection
  client: JetStreamClient
}

export const createNats = ({ url, stream, token }: NatsConfig, log: Logger, timeoutMs = attemptTimeoutMs / 2): Transport => {
  let session: Session | null = null

  /** A new connection for each attempt after a failure: nothing that an earlier one still holds is sent behind a later one. */
  const open = async (): Promise<Session> => {
    const connection = await connect({
      servers: url,
      timeout: timeoutMs,
      reconnect: false,
      name: 'tideline',
      ...(token === undefined ? {} : { token }),
    })
    void connection.closed().then((error) => error && log.warn({ reason: error.message }, 'the connection to NATS was lost'))
    try {
      await ensureStream(connection, stream)
      return { connection, client: jetstream(connection, { timeout: timeoutMs }) }
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  const drop = async (): Promise<void> => {
    const before = session
    session = null
    await before?.connection.close().catch(() => undefined)
  }

  const publish = async (events: readonly AvailabilityEvent[]): Promise<void> => {
    if (session?.connection.isClosed()) session = null
    const { client } = (session ??= await open())
    const stored = await Promise.allSettled(
      events.map((event) => client.publish(subjectOf(event), JSON.stringify(event), { msgID: event.eventId, timeout: timeoutMs })),
    )
    const failed = stored.find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
  }

  return {
    send: async (_subscription, events): Promise<Sent> => {
      try {
        await publish(events)
        return { outcome: 'delivered' }
      } catch (error) {
        await drop()
        return { outcome: 'failed', message: `NATS: ${error instanceof Error ? error.message : String(error)}.` }
      }
    },
    close: drop,
  }
}
