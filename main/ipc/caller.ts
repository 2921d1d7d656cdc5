/**
 * Requests that main makes of a window: numbered, answered in any order, never waited for longer than `timeoutMs`, or as
 * long as the caller says.
 * While no window listens, and when it goes away, a call fails at once with NOT_READY.
 */
import { must } from '#sync/contract/assert.ts'
import type { IpcRequest, IpcResponse, IpcTable } from '#sync/contract/ipc.ts'
import type { Clock } from '#sync/core/ports.ts'
import { z } from 'zod'
import { CodedError } from './coded-error.ts'
import type { CallMessage } from './envelope.ts'

const answerSchema = z.strictObject({
  id: z.int(),
  answer: z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), value: z.unknown() }),
    z.strictObject({ ok: z.literal(false), message: z.string() }),
  ]),
})

export interface Caller<T extends IpcTable> {
  call<M extends keyof T & string>(method: M, params: IpcRequest<T, M>, withinMs?: number): Promise<IpcResponse<T, M>>
  /** Takes the window's answer as it arrived. */
  settle(message: unknown): void
  /** Where calls go from now on; null fails what is under way and what comes. */
  connect(send: ((message: CallMessage) => void) | null): void
}

interface Waiting {
  method: string
  resolve: (value: unknown) => void
  reject: (error: Error) => void
  cancelTimeout: () => void
}

const notReady = () => new CodedError('NOT_READY', 'the local database is starting')

export const createCaller = <T extends IpcTable>(table: T, after: Clock['after'], timeoutMs: number): Caller<T> => {
  let nextId = 1
  let send: ((message: CallMessage) => void) | null = null
  const waiting = new Map<number, Waiting>()

  const take = (id: number): Waiting | undefined => {
    const found = waiting.get(id)
    waiting.delete(id)
    found?.cancelTimeout()
    return found
  }

  const settle = (message: unknown): void => {
    const parsed = answerSchema.safeParse(message)
    const call = parsed.success ? take(parsed.data.id) : undefined
    if (!parsed.success || !call) return
    const { answer } = parsed.data
    if (!answer.ok) return call.reject(new CodedError('INTERNAL', `${call.method}: ${answer.message}`))
    const value = must(table[call.method], call.method).response.safeParse(answer.value)
    if (value.success) call.resolve(value.data)
    else call.reject(new CodedError('UNKNOWN_MESSAGE', `${call.method} was answered outside the contract: ${z.prettifyError(value.error)}`))
  }

  const connect = (to: typeof send): void => {
    send = to
    for (const id of [...waiting.keys()]) take(id)?.reject(notReady())
  }

  const call = <M extends keyof T & string>(method: M, params: IpcRequest<T, M>, withinMs = timeoutMs): Promise<IpcResponse<T, M>> => {
    const target = send
    if (!target) return Promise.reject(notReady())
    const id = nextId++
    return new Promise((resolve, reject) => {
      const cancelTimeout = after(withinMs, () => take(id)?.reject(notReady()))
      waiting.set(id, { method, resolve: resolve as (value: unknown) => void, reject, cancelTimeout })
      target({ id, method, params })
    })
  }

  return { call, settle, connect }
}
