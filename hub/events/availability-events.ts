/** The parts that make events of changed figures and bring them to subscribers, put together for a worker process. */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { startListener } from '../storage/listener.ts'
import { startDelivery } from './delivery.ts'
import { newsChannel, readNews, tellNews } from './news-channel.ts'
import { startPublisher } from './publisher.ts'
import { subscriptionChannel } from './subscriptions.ts'
import { startSweeper } from './sweeper.ts'
import type { Transport } from './transport.ts'

export interface AvailabilityEventsOptions {
  db: Database
  databaseUrl: string
  log: Logger
  transports: Readonly<Record<string, Transport>>
}

export interface AvailabilityEvents {
  /** Keys were marked in this process, and committed. */
  ring(): void
  stop(): Promise<void>
}

export const startAvailabilityEvents = ({ db, databaseUrl, log, transports }: AvailabilityEventsOptions): AvailabilityEvents => {
  const self = randomUUID()
  const delivery = startDelivery({ db, log, transports })
  const onPublished = (): void => {
    delivery.ring()
    tellNews(db, log, 'published', self)
  }
  const publisher = startPublisher({ db, log, onPublished })
  const sweeper = startSweeper({ db, log, onMarked: publisher.ring, onPublished })
  const onNews = (payload: string): void => {
    const news = readNews(payload, self)
    if (news === 'marked') publisher.ring()
    if (news === 'published') delivery.ring()
  }
  const onListening = (): void => {
    publisher.ring()
    delivery.ringAll()
  }
  const listener = startListener({
    ...{ url: databaseUrl, log, onListening },
    channels: { [newsChannel]: onNews, [subscriptionChannel]: delivery.ringAll },
  })
  return {
    ring: publisher.ring,
    stop: async () => {
      await Promise.all([listener.stop(), sweeper.stop(), publisher.stop()])
      await delivery.stop()
    },
  }
}
