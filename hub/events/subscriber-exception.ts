/** The exception of a subscriber that does not take its events [AVL25]: open while it is down or gone. */
import { exceptionId, type HubException } from '../exception/exception.ts'
import type { Standing } from './standing.ts'

export const downExceptionId = (subscriptionId: string): string => exceptionId('SUBSCRIBER_DOWN', subscriptionId)

/** Nothing of the URL but its host: the rest may be a secret. */
export const hostOfUrl = (url: string): string => URL.parse(url)?.host ?? 'an address that is no URL'

export const downException = (
  { subscriptionId, kind, url }: { subscriptionId: string; kind: string; url: string },
  standing: Standing,
  message: string,
): HubException => {
  const who = `The ${kind === 'nats' ? 'NATS server' : 'webhook'} at ${hostOfUrl(url)} (${subscriptionId})`
  const since = standing.failingSinceMs === null ? '' : ` since ${new Date(standing.failingSinceMs).toISOString()}`
  const what =
    standing.state === 'gone'
      ? 'said that it is gone: nothing more is sent to it'
      : `has not taken availability events${since}: it is tried rarely now`
  return { exceptionId: downExceptionId(subscriptionId), kind: 'SUBSCRIBER_DOWN', storeId: null, message: `${who} ${what}. ${message}` }
}
