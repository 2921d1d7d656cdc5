/** What both doors have in common: a request is let in or told to come again, routed, and answered whatever happens. */
import type { IncomingMessage } from 'node:http'
import type { AgentLog } from '../agent-log.ts'
import type { Admission, Admitted } from './admission.ts'
import { type Answer, refuse } from './answers.ts'
import { readBody } from './request-body.ts'
import type { Caller, Router } from './routes.ts'

export interface DoorParts {
  router: Router
  admission: Admission
  maxBodyBytes: number
  log: AgentLog
}

export const comeAgain = (request: IncomingMessage, message: string): Answer =>
  refuse(503, request.method === 'POST' ? 'CANNOT_WRITE' : 'NOT_READY', message, { 'retry-after': '1' })

export const createDoor = ({ router, admission, maxBodyBytes, log }: DoorParts) => {
  const visit = async (request: IncomingMessage, admitted: Admitted, identify: () => Caller | null): Promise<Answer> => {
    try {
      return await router({ request, identify, body: () => readBody(request, maxBodyBytes, admitted.hold) })
    } catch (error) {
      log.error(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      return refuse(500, 'INTERNAL', 'a fault of ours; keep the sale and try again')
    } finally {
      admitted.leave()
    }
  }
  /** `till`: who is to be counted for himself. */
  return (request: IncomingMessage, identify: () => Caller | null, till?: string): Promise<Answer> => {
    const admitted = admission.enter(till)
    return admitted ? visit(request, admitted, identify) : Promise.resolve(comeAgain(request, 'too many requests at once'))
  }
}
