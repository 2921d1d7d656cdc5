import { describe, expect, it } from 'vitest'
import { channels, type Envelope } from './envelope.ts'
import { bindWindow, type PortContents } from './window-port.ts'

const address = 'app://agent/engine/index.html'
type Listener = (event: { senderFrame: { url: string } | null }, ...args: unknown[]) => unknown

const setUp = () => {
  const listeners = new Map<string, Listener>()
  const sent: unknown[][] = []
  const strangers: string[] = []
  const answers: unknown[] = []
  const mainFrame = { url: address }
  let destroyed = false
  const contents: PortContents = {
    mainFrame,
    ipc: {
      handle: (channel, listener) => listeners.set(channel, listener as Listener),
      on: (channel, listener) => listeners.set(channel, listener as Listener),
    },
    send: (...args) => sent.push(args),
    isDestroyed: () => destroyed,
  }
  const port = bindWindow(contents, {
    address,
    answer: async (method): Promise<Envelope> => ({ ok: true, value: method }),
    onAnswer: (message) => answers.push(message),
    onStranger: (url) => strangers.push(url),
  })
  const request = (senderFrame: { url: string } | null) => listeners.get(channels.request)!({ senderFrame }, 'journal.head', null)
  return { mainFrame, port, request, listeners, sent, strangers, answers, destroy: () => (destroyed = true) }
}

describe('a window’s port', () => {
  it('[TRN8] answers its own main frame', async () => {
    const { request, mainFrame } = setUp()
    expect(await request(mainFrame)).toEqual({ ok: true, value: 'journal.head' })
  })

  it('[TRN8] refuses another frame, a gone frame, and its own frame at another address', async () => {
    const { request, mainFrame, strangers, listeners, answers } = setUp()
    const refusal = { ok: false, code: 'UNAUTHORIZED' }
    expect(await request({ url: address })).toMatchObject(refusal)
    expect(await request(null)).toMatchObject(refusal)
    for (const url of ['https://evil.example/', 'app://agent/manager/index.html', `${address}.evil`]) {
      mainFrame.url = url
      expect(await request(mainFrame)).toMatchObject(refusal)
      listeners.get(channels.answer)!({ senderFrame: mainFrame }, { id: 1 })
    }
    expect(answers).toEqual([])
    expect(strangers).toHaveLength(8)
  })

  it('[TRN8] pushes only what the contract names, and nothing into a destroyed window', () => {
    const { port, sent, destroy } = setUp()
    port.push('journal.appended', { seq: 3 })
    expect(sent).toEqual([[channels.push, 'journal.appended', { seq: 3 }]])
    expect(() => port.push('journal.appended', { seq: 0 })).toThrow()
    destroy()
    port.push('journal.appended', { seq: 4 })
    expect(sent).toHaveLength(1)
  })
})
