/**
 * Answers a window's requests by its role's table: unknown methods and malformed params are refused, and main's own
 * answer is parsed too, so nothing outside the contract crosses in either direction.
 */
import { must } from '#sync/contract/assert.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { IpcRequest, IpcResponse, IpcTable } from '#sync/contract/ipc.ts'
import { z } from 'zod'
import { CodedError } from './coded-error.ts'
import type { Envelope } from './envelope.ts'

export type Handlers<T extends IpcTable> = {
  [M in keyof T]: (request: IpcRequest<T, M>) => Promise<IpcResponse<T, M>> | IpcResponse<T, M>
}

/** A window's answering side: takes whatever arrived, never throws. */
export type Answerer = (method: unknown, params: unknown) => Promise<Envelope>

const refused = (code: ErrorCode, message: string): Envelope => ({ ok: false, code, message })

const describeFault = (fault: unknown): Envelope => {
  if (fault instanceof CodedError) return refused(fault.code, fault.message)
  return refused('INTERNAL', fault instanceof Error ? fault.message : String(fault))
}

export const createAnswerer = <T extends IpcTable>(
  table: T,
  handlers: Handlers<T>,
  onFault: (method: string, fault: unknown) => void,
): Answerer => {
  return async (method, params) => {
    if (typeof method !== 'string' || !Object.hasOwn(table, method))
      return refused('UNKNOWN_MESSAGE', `no such method: ${String(method).slice(0, 80)}`)
    const entry = must(table[method], method)
    const request = entry.request.safeParse(params)
    if (!request.success) return refused('INVALID', `${method}: ${z.prettifyError(request.error)}`)
    try {
      const answer: unknown = await must(handlers[method], method)(request.data as never)
      return { ok: true, value: entry.response.parse(answer) }
    } catch (fault) {
      onFault(method, fault)
      return describeFault(fault)
    }
  }
}
