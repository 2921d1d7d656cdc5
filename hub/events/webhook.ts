/** Webhooks by the Standard Webhooks specification [AVL24]: 2xx is success, 410 the end, anything else is tried again. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { AvailabilityEvent } from './event.ts'
import { attemptTimeoutMs } from './held-subscription.ts'
import { messageId, signedHeaders } from './signature.ts'
import type { Sent } from './standing.ts'
import type { SubscriptionRow } from './subscriptions.ts'
import { guardedLookup, type PrivateTargets, refusedTarget } from './target.ts'
import type { Transport } from './transport.ts'

const bodyOf = (events: readonly AvailabilityEvent[]): string =>
  JSON.stringify({ type: 'availability.changed', timestamp: events.at(-1)?.asOf, data: { version: 1, events } })

const secretsOf = ({ secret, previous_secret, previous_until }: SubscriptionRow, atMs: number): string[] =>
  previous_secret !== null && previous_until !== null && previous_until.getTime() > atMs ? [secret, previous_secret] : [secret]

/** Seconds, or a date. */
const retryAfterMs = (header: string | undefined, atMs: number): number | undefined => {
  if (header === undefined) return undefined
  const wish = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - atMs
  return Number.isNaN(wish) ? undefined : Math.max(0, wish)
}

const sentOf = ({ statusCode = 0, headers }: IncomingMessage, atMs: number): Sent => {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered' }
  if (statusCode === 410) return { outcome: 'gone', message: 'It answered 410.' }
  const followed = statusCode >= 300 && statusCode < 400 ? '; redirects are not followed' : ''
  return { outcome: 'failed', message: `It answered ${statusCode}${followed}.`, retryAfterMs: retryAfterMs(headers['retry-after'], atMs) }
}

export const createWebhooks = (targets: PrivateTargets, timeoutMs = attemptTimeoutMs): Transport => {
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

  const post = (url: URL, headers: Record<string, string>, body: string, atMs: number): Promise<Sent> =>
    new Promise((settle) => {
      const isSafe = url.protocol === 'https:'
      const signal = AbortSignal.timeout(timeoutMs)
      const options = { method: 'POST', headers, signal, lookup: guardedLookup(url.href, targets) }
      const request = isSafe
        ? requestHttps(url, { ...options, agent: agents['https:'] })
        : requestHttp(url, { ...options, agent: agents['http:'] })
      request.on('response', (response) => {
        // What it says beside its status is read past, so that the connection can be used again, but not without end.
        response.on('error', () => undefined).resume()
        settle(sentOf(response, atMs))
      })
      request.on('error', (error) =>
        settle({
          outcome: 'failed',
          message: signal.aborted ? `No answer within ${timeoutMs / 1_000} s.` : `No connection: ${error.message}.`,
        }),
      )
      request.end(body)
    })

  return {
    send: async (row, events, atMs) => {
      const refused = refusedTarget(row.url, targets)
      if (refused !== null) return { outcome: 'failed', message: refused }
      const body = bodyOf(events)
      const id = messageId(
        row.subscription_id,
        events.map(({ sequence }) => sequence),
      )
      const headers = {
        ...signedHeaders(id, atMs, body, secretsOf(row, atMs)),
        'content-type': 'application/json',
        'user-agent': 'Tideline',
      }
      return post(new URL(row.url), { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body, atMs)
    },
    close: async () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}
