/** The ways to subscribers that this hub has, by kind of subscription. NATS is the hub's own subscriber, with a position like any other. */
import type { Logger } from 'pino'
import type { HubConfig } from '../config.ts'
import type { Database } from '../storage/database.ts'
import { createNats } from './nats.ts'
import { keepSubscription } from './subscriptions.ts'
import type { Transport } from './transport.ts'
import { createWebhooks } from './webhook.ts'

export const natsSubscriptionId = 'nats'

export const createTransports = async (
  db: Database,
  { webhookPrivateTargets, nats }: Pick<HubConfig, 'webhookPrivateTargets' | 'nats'>,
  log: Logger,
): Promise<Record<string, Transport>> => {
  const webhook = createWebhooks(webhookPrivateTargets)
  if (nats === undefined) return { webhook }
  await keepSubscription(db, natsSubscriptionId, 'nats', nats.url)
  return { webhook, nats: createNats(nats, log) }
}
