/** Signs webhooks by the Standard Webhooks specification: HMAC-SHA256 over id, time and body, once for each secret in force. */
import { createHash, createHmac, randomBytes } from 'node:crypto'

const secretPrefix = 'whsec_'

export const newSecret = (): string => secretPrefix + randomBytes(24).toString('base64')

const signatureOf = (secret: string, text: string): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(secretPrefix.length), 'base64'))
    .update(text)
    .digest('base64')}`

export const signedHeaders = (id: string, atMs: number, body: string, secrets: readonly string[]): Record<string, string> => {
  const seconds = String(Math.floor(atMs / 1_000))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': secrets.map((secret) => signatureOf(secret, `${id}.${seconds}.${body}`)).join(' '),
  }
}

/** By its content, so that what is sent again has the id that it had, whichever process sends it. */
export const messageId = (subscriptionId: string, sequences: readonly number[]): string =>
  `msg_${createHash('sha256')
    .update(`${subscriptionId}|${sequences.join(',')}`)
    .digest('base64url')
    .slice(0, 32)}`
