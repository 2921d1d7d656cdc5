/** The only bridge into a window: three functions, no Electron object, no Node. Runs sandboxed, in its own context. */
import { contextBridge, ipcRenderer } from 'electron'
import { channels, type CallMessage, type Envelope } from './ipc/envelope.ts'

type RequestHandler = (method: string, params: unknown) => Promise<unknown>
type PushHandler = (event: string, payload: unknown) => void

const request = async (method: string, params: unknown): Promise<unknown> => {
  const envelope = (await ipcRenderer.invoke(channels.request, method, params)) as Envelope
  if (envelope.ok) return envelope.value
  throw new Error(`${envelope.code}: ${envelope.message}`)
}

const onRequest = (handler: RequestHandler): void => {
  ipcRenderer.removeAllListeners(channels.call)
  ipcRenderer.on(channels.call, (_event, message: CallMessage) => {
    const answer = (body: unknown) => ipcRenderer.send(channels.answer, { id: message.id, answer: body })
    handler(message.method, message.params).then(
      (value) => answer({ ok: true, value }),
      (fault: unknown) => answer({ ok: false, message: fault instanceof Error ? fault.message : String(fault) }),
    )
  })
}

const onPush = (handler: PushHandler): (() => void) => {
  const listener = (_event: unknown, event: string, payload: unknown) => handler(event, payload)
  ipcRenderer.on(channels.push, listener)
  return () => void ipcRenderer.removeListener(channels.push, listener)
}

contextBridge.exposeInMainWorld('tideline', { request, onRequest, onPush })
