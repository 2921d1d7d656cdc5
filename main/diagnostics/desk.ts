/**
 * Keeps what the centre's support asks for until the store's manager has answered, and the answer until the hub has it [OPS7]:
 *
 *   requested ─▶ waiting ─┬─ no ──▶ declined ─┐
 *                         └─ yes ─▶ granted ──┴─▶ sent        after seven days: forgotten, from any state
 *
 * It survives a restart. What the manager is shown is made once; the very same bytes are sent.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { diagnosticsRequestIdSchema } from '#sync/contract/diagnostics.ts'
import type { AgentStatus, IpcRequest, IpcResponse, mainToEngine } from '#sync/contract/ipc.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import { writeFileAtomically } from '../atomic-file.ts'

const keptMs = 7 * 86_400_000
const retryMs = 60_000

const keptRequestSchema = z.strictObject({
  requestId: diagnosticsRequestIdSchema,
  reason: z.string(),
  askedAtMs: z.number(),
  state: z.enum(['waiting', 'declined', 'granted', 'sent']),
  /** What the answer was, once it is sent. */
  wasGranted: z.boolean().optional(),
})
type KeptRequest = z.infer<typeof keptRequestSchema>

export interface DeskPorts {
  /** Of this desk alone. */
  dir: string
  clock: Clock
  log: AgentLog
  /** The bundle's text. */
  build(requestId: string): Promise<string>
  send(answer: IpcRequest<typeof mainToEngine, 'diagnostics.send'>): Promise<IpcResponse<typeof mainToEngine, 'diagnostics.send'>>
  onChanged(waiting: AgentStatus['diagnosticsRequest']): void
}

export interface DiagnosticsDesk {
  /** Takes up what was left when the agent stopped. */
  start(): void
  requested(requestId: string, reason: string): void
  /** What would be sent, and how many bytes it is on its way; null for a request that is not waiting. */
  preview(requestId: string): Promise<{ text: string; bytes: number } | null>
  decide(requestId: string, granted: boolean): Promise<void>
  close(): void
}

export const createDiagnosticsDesk = ({ dir, clock, log, build, send, onChanged }: DeskPorts): DiagnosticsDesk => {
  const requestFile = join(dir, 'request.json')
  const bundleFile = join(dir, 'bundle.jsonl.gz')
  let kept: KeptRequest | null = null
  let closed = false
  let making: Promise<Buffer> | null = null
  let cancelTimer = (): void => undefined

  const drop = (): void => {
    kept = null
    rmSync(requestFile, { force: true })
    rmSync(bundleFile, { force: true })
  }
  const tell = (): void => onChanged(kept?.state === 'waiting' ? { requestId: kept.requestId, reason: kept.reason } : undefined)
  const keep = (next: KeptRequest): void => {
    kept = next
    writeFileAtomically(requestFile, JSON.stringify(next), 0o600)
    tell()
  }
  const isExpired = ({ askedAtMs }: KeptRequest): boolean => Math.abs(clock.nowMs() - askedAtMs) > keptMs

  const read = (): KeptRequest | null => {
    try {
      return existsSync(requestFile) ? keptRequestSchema.parse(JSON.parse(readFileSync(requestFile, 'utf8'))) : null
    } catch (fault) {
      log.warn('A kept request for a support bundle cannot be read; it is forgotten.', { fault })
      return null
    }
  }
  const make = async (requestId: string): Promise<Buffer> => {
    if (existsSync(bundleFile)) return readFileSync(bundleFile)
    const bytes = gzipSync(await build(requestId))
    mkdirSync(dir, { recursive: true })
    writeFileSync(bundleFile, bytes, { mode: 0o600 })
    return bytes
  }
  const bundleOf = (requestId: string): Promise<Buffer> => {
    making ??= make(requestId).finally(() => (making = null))
    return making
  }
  const deliver = async (): Promise<void> => {
    const request = kept
    if (closed || !request || (request.state !== 'granted' && request.state !== 'declined')) return
    if (isExpired(request)) return drop()
    try {
      const { requestId } = request
      const bundle = request.state === 'granted' ? (await bundleOf(requestId)).toString('base64') : null
      const { outcome } = await send({ requestId, bundle })
      if (kept !== request) return
      if (outcome === 'sent') {
        keep({ ...request, state: 'sent', wasGranted: bundle !== null })
        return log.info(bundle === null ? 'The support bundle was declined.' : 'The support bundle was sent.', { requestId })
      }
    } catch (fault) {
      log.warn('The answer to a request for a support bundle could not be sent yet; trying again.', { fault })
    }
    cancelTimer()
    cancelTimer = clock.after(retryMs, () => void deliver())
  }
  const current = (requestId: string): KeptRequest | null =>
    kept?.requestId === requestId && kept.state === 'waiting' && !isExpired(kept) ? kept : null

  return {
    start: () => {
      kept = read()
      if (!kept || isExpired(kept)) return drop()
      tell()
      void deliver()
    },
    requested: (requestId, reason) => {
      if (kept?.requestId !== requestId) {
        drop()
        log.info('Support asks for the agent’s logs and states; the manager decides.', { requestId })
        return keep({ requestId, reason, askedAtMs: clock.nowMs(), state: 'waiting' })
      }
      // The hub does not have the answer after all.
      if (kept.state === 'sent') keep({ ...kept, state: kept.wasGranted ? 'granted' : 'declined' })
      void deliver()
    },
    preview: async (requestId) => {
      if (!current(requestId)) return null
      const bytes = await bundleOf(requestId)
      return { text: gunzipSync(bytes).toString('utf8'), bytes: bytes.length }
    },
    decide: async (requestId, granted) => {
      const request = current(requestId)
      if (!request) return
      if (!granted) rmSync(bundleFile, { force: true })
      else await bundleOf(requestId)
      keep({ ...request, state: granted ? 'granted' : 'declined' })
      void deliver()
    },
    close: () => {
      closed = true
      cancelTimer()
    },
  }
}
