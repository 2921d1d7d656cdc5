/**
 * Carries the hub's request for a support bundle to main, and the manager's answer to the hub [OPS7]. A bundle goes in parts; parts that
 * the hub has taken are not sent again when main tries once more after a lost answer.
 */
import type { IpcRequest, IpcResponse, mainToEngine } from '#sync/contract/ipc.ts'
import type { Diagnostics } from '#sync/contract/diagnostics.ts'
import type { AgentSide } from '#sync/core/ports.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

export const partBytes = 500_000
const mostParts = 100

export type DiagnosticsAnswer = IpcRequest<typeof mainToEngine, 'diagnostics.send'>
export type DiagnosticsSent = IpcResponse<typeof mainToEngine, 'diagnostics.send'>

export interface DiagnosticsPorts {
  agent: Pick<AgentSide, 'diagnosticsRequested'>
  line: Pick<HubLine, 'tryRequest'>
  log: EngineLog
  isReady(): boolean
}

export interface DiagnosticsCourier {
  requested(requestId: string, reason: string): Promise<void>
  send(answer: DiagnosticsAnswer): Promise<DiagnosticsSent>
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

const messagesOf = ({ requestId, bundle }: DiagnosticsAnswer): Diagnostics[] => {
  if (bundle === null) return [{ requestId, answer: 'declined' }]
  const bytes = bytesOf(bundle)
  const parts = Math.max(1, Math.ceil(bytes.length / partBytes))
  return Array.from({ length: parts }, (_, i) => ({
    ...{ requestId, answer: 'granted', part: i + 1, parts, bytes: bytes.slice(i * partBytes, (i + 1) * partBytes) },
  }))
}

export const createDiagnosticsCourier = ({ agent, line, log, isReady }: DiagnosticsPorts): DiagnosticsCourier => {
  /** How many messages of each answer the hub has taken. */
  const taken = new Map<string, number>()
  let sending: Promise<DiagnosticsSent> | null = null

  const deliver = async (answer: DiagnosticsAnswer): Promise<DiagnosticsSent> => {
    const messages = messagesOf(answer)
    if (messages.length > mostParts) {
      log('error', 'the support bundle is too large to be sent', { parts: messages.length })
      return { outcome: 'not-sent' }
    }
    for (let at = taken.get(answer.requestId) ?? 0; at < messages.length; at++) {
      const message = messages[at]
      const reply = message && isReady() ? await line.tryRequest('diagnostics', message) : null
      if (reply?.outcome !== 'taken') {
        if (reply) log('warn', 'the hub does not take the support bundle', { code: reply.code, message: reply.message })
        return { outcome: 'not-sent' }
      }
      taken.set(answer.requestId, at + 1)
    }
    return { outcome: 'sent' }
  }

  return {
    requested: async (requestId, reason) => {
      try {
        await agent.diagnosticsRequested(requestId, reason)
      } catch (error) {
        log('warn', 'the request for a support bundle did not reach main', { reason: reasonOf(error) })
      }
    },
    send: (answer) => {
      sending ??= deliver(answer).finally(() => (sending = null))
      return sending
    },
  }
}
