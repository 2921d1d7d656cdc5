/** The body of a call whole, or why there is none. */
import { type Answer, refuse } from './answers.ts'
import type { Call } from './routes.ts'

export type CallBody = { outcome: 'read'; bytes: Uint8Array } | { outcome: 'refused'; answer: Answer }

export const readCallBody = async ({ request, body }: Call, maxBodyBytes: number): Promise<CallBody> => {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return refused(415, 'UNKNOWN_DIALECT', `a body in ${encoding} is not read`)
  const sent = await body()
  switch (sent.outcome) {
    case 'too-large':
      return refused(413, 'TOO_LARGE', `the body is over ${maxBodyBytes} bytes; split it, or use the watched folder`)
    case 'busy':
      return refused(503, 'CANNOT_WRITE', 'too much at once', { 'retry-after': '1' })
    case 'broken-off':
      return refused(400, 'MALFORMED', 'the body broke off')
    default:
      return { outcome: 'read', bytes: sent.bytes }
  }
}

const refused = (...reason: Parameters<typeof refuse>): CallBody => ({ outcome: 'refused', answer: refuse(...reason) })
