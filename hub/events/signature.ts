/** Signs webhooks by the Standard Webhooks specification, once for each secret in force. */
import { createHash, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

const secretPrefix = 'whsec_'

export const newSecret = (): string => secretPrefix + randomBytes(24).toString('base64')

export const signedHeaders = (id: string, atMs: number, body: string, secrets: readonly string[]): Record<string, string> => {
  const at = new Date(atMs)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}

/** By its content, so that what is sent again has the id that it had, whichever process sends it. */
export const messageId = (subscriptionId: string, sequences: readonly number[]): string =>
  `msg_${createHash('sha256')
    .update(`${subscriptionId}|${sequences.join(',')}`)
    .digest('base64url')
    .slice(0, 32)}`
