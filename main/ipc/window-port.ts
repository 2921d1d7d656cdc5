/**
 * Binds one window to its role: only that window's main frame, at that role's own address, is listened to.
 * The window is described by shape, so that this file stays free of Electron.
 */
import { pushes, type PushEvent } from '#sync/contract/ipc.ts'
import type { z } from 'zod'
import { channels, type CallMessage, type Envelope } from './envelope.ts'
import type { Answerer } from './request-table.ts'

interface Frame {
  readonly url: string
}
interface SenderEvent {
  readonly senderFrame: Frame | null
}
export interface PortContents {
  readonly mainFrame: Frame
  readonly ipc: {
    handle(channel: string, listener: (event: SenderEvent, ...args: unknown[]) => Promise<Envelope>): void
    on(channel: string, listener: (event: SenderEvent, ...args: unknown[]) => void): void
  }
  send(channel: string, ...args: unknown[]): void
  isDestroyed(): boolean
}

export interface WindowPort {
  push<E extends PushEvent>(event: E, payload: z.infer<(typeof pushes)[E]>): void
  call(message: CallMessage): void
}

export interface PortOptions {
  /** The only address this window may speak from. */
  address: string
  answer: Answerer
  onAnswer?: (message: unknown) => void
  onStranger: (url: string) => void
}

const isOwnAddress = (url: string, address: string): boolean =>
  url === address || url.startsWith(`${address}?`) || url.startsWith(`${address}#`)

export const bindWindow = (contents: PortContents, options: PortOptions): WindowPort => {
  const trusts = (event: SenderEvent): boolean => {
    const frame = event.senderFrame
    if (frame !== null && frame === contents.mainFrame && isOwnAddress(frame.url, options.address)) return true
    options.onStranger(frame?.url ?? 'a frame that is gone')
    return false
  }

  contents.ipc.handle(channels.request, async (event, method, params) => {
    if (!trusts(event)) return { ok: false, code: 'UNAUTHORIZED', message: 'not from this frame' }
    return options.answer(method, params)
  })
  contents.ipc.on(channels.answer, (event, message) => {
    if (trusts(event)) options.onAnswer?.(message)
  })

  const send = (channel: string, ...args: unknown[]): void => {
    if (!contents.isDestroyed()) contents.send(channel, ...args)
  }
  return {
    push: (event, payload) => send(channels.push, event, pushes[event].parse(payload)),
    call: (message) => send(channels.call, message),
  }
}
