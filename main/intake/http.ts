/** The tills' door on this computer: HTTP on loopback, one token for all programs that know it. */
import type { AgentLog } from '../agent-log.ts'
import type { Admission } from './admission.ts'
import { refuse } from './answers.ts'
import { createDoor } from './door.ts'
import { startListener } from './listener.ts'
import { createTokenCheck, isForeign } from './request-guard.ts'
import type { Router } from './routes.ts'

export interface HttpIntakeOptions {
  host: string
  port: number
  token: string
  maxBodyBytes: number
  router: Router
  admission: Admission
  log: AgentLog
  headersTimeoutMs?: number
}

export interface HttpIntake {
  readonly port: number
  close(): Promise<void>
}

export const startHttpIntake = async (options: HttpIntakeOptions): Promise<HttpIntake> => {
  const hasToken = createTokenCheck(options.token)
  const enter = createDoor(options)
  return startListener({
    ...options,
    answer: async (request) => {
      if (isForeign(request, options.host)) return refuse(403, 'UNAUTHORIZED', 'only programs on this computer may ask, not web pages')
      return enter(request, () => (hasToken(request) ? { kind: 'this-computer' } : null))
    },
  })
}
