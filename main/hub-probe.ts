/**
 * Asks who answers at the hub's address, when the engine could not connect. Main asks, because a page may not look at what a stranger
 * answers. With Electron's own fetch the question takes the way that the connection takes, through the same proxy.
 */
import type { ProbeAnswer } from '#sync/contract/health.ts'
import { judgeProbe } from '#sync/core/probe-answer.ts'

const timeoutMs = 5_000
/** A sign-in page may be of any size; the hub's answer is short. */
const textLimit = 4_096

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * What Chromium says when there is no answer to judge: a proxy that opens no tunnel, a redirect that is not followed, and a
 * certificate that is somebody else's. A certificate out of date is none of these: it may be this computer's clock.
 */
const failures: readonly [RegExp, ProbeAnswer][] = [
  [/ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_|ERR_UNEXPECTED_PROXY_AUTH/, 'proxy'],
  [/Redirect was cancelled|ERR_CERT_COMMON_NAME_INVALID|ERR_CERT_AUTHORITY_INVALID/, 'stranger'],
]

const beginningOf = async (response: Response): Promise<string> => {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let next = await reader?.read(); next && !next.done && text.length < textLimit; next = await reader?.read())
    text += decoder.decode(next.value, { stream: true })
  await reader?.cancel()
  return text
}

export const createHubProbe =
  (fetch: Fetch, hubUrl: () => string | undefined): (() => Promise<ProbeAnswer>) =>
  async () => {
    const hub = hubUrl()
    if (hub === undefined || !URL.canParse(hub)) return 'nothing'
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(new URL('/healthz', hub).href, { redirect: 'manual', cache: 'no-store', signal })
      return judgeProbe({ status: response.status, text: await beginningOf(response) })
    } catch (error) {
      const reason = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : ''
      return failures.find(([pattern]) => pattern.test(reason))?.[1] ?? 'nothing'
    }
  }
