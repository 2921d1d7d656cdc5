/** Request `diagnostics` [OPS7]: the store's manager declined, or a part of the bundle. Only what was asked of this device is taken. */
import { diagnosticsSchema } from '#sync/contract/diagnostics.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { refuse, refuseError } from '../gateway/answer.ts'
import type { Request } from '../gateway/request.ts'
import { takeDiagnostics } from './diagnostics-requests.ts'

export const answerDiagnostics: Request = async ({ db, log, limit }, peer, message): Promise<UpResponse<'diagnostics'>> => {
  const parsed = diagnosticsSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not an answer to a request for diagnostics')
  try {
    const taken = await limit.run(() => takeDiagnostics(db, peer.deviceId, parsed.data))
    switch (taken) {
      case 'taken':
        return { outcome: 'taken' }
      case 'unknown':
        return refuse('NOT_FOUND', 'this bundle was not asked for, or so long ago that nobody waits for it any more')
      case 'contradicts':
        return refuse('INVALID', 'the answer contradicts what was said before of this bundle')
    }
  } catch (error) {
    return refuseError(error, log)
  }
}
