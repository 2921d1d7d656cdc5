/** The ways to subscribers that this hub has, by kind of subscription. */
import type { Logger } from 'pino'
import type { HubConfig } from '../config.ts'
import type { Database } from '../storage/database.ts'
import type { Transport } from './transport.ts'
import { createWebhooks } from './webhook.ts'

export const createTransports = async (
  _db: Database,
  config: Pick<HubConfig, 'webhookPrivateTargets' | 'nats'>,
  _log: Logger,
): Promise<Record<string, Transport>> => ({ webhook: createWebhooks(config.webhookPrivateTargets) })
