import { describe, expect, it } from 'vitest'
import { busyView, enrolledStatus, startingStatus, viewWith } from '#test/shell/views.ts'
import { createAgentStore, type AgentBridge } from './agent-store.ts'

/** A bridge whose answers the test gives when it wants to. */
const setUp = () => {
  const waiting = new Map<string, { resolve: (value: unknown) => void; reject: (fault: Error) => void }>()
  let push: (event: string, payload: unknown) => void = () => undefined
  const bridge: AgentBridge = {
    request: (method) => new Promise((resolve, reject) => waiting.set(method, { resolve, reject })),
    onPush: (handler) => {
      push = handler
      return () => undefined
    },
  }
  const unread: string[] = []
  const store = createAgentStore(bridge, (what) => unread.push(what))
  const answer = async (method: string, value: unknown) => {
    waiting.get(method)!.resolve(value)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { store, answer, waiting, unread, push: (event: string, payload: unknown) => push(event, payload) }
}

describe('what the window knows', () => {
  it('begins empty, then is what main answers', async () => {
    const { store, answer } = setUp()
    expect(store.state()).toEqual({ status: null, view: null })
    await answer('agent.status', enrolledStatus)
    await answer('view.get', null)
    expect(store.state()).toEqual({ status: enrolledStatus, view: null })
  })

  it('is never set back by a late first answer', async () => {
    const { store, answer, push } = setUp()
    push('view.changed', busyView())
    push('agent.changed', enrolledStatus)
    await answer('view.get', viewWith())
    await answer('agent.status', startingStatus)
    expect(store.state()).toEqual({ status: enrolledStatus, view: busyView() })
  })

  it('[TRN8] keeps the last good state when something does not parse, and says so', () => {
    const { store, unread, push } = setUp()
    push('view.changed', busyView())
    push('view.changed', { ...busyView(), counts: {} })
    push('agent.changed', 'x')
    push('something.newer', {})
    expect(store.state().view).toEqual(busyView())
    expect(unread.map((text) => text.split(':')[0])).toEqual(['view', 'agent.status'])
  })

  it('tells its listeners each change once, until they leave', () => {
    const { store, push } = setUp()
    let calls = 0
    const leave = store.subscribe(() => calls++)
    push('agent.changed', enrolledStatus)
    push('view.changed', viewWith())
    leave()
    push('view.changed', busyView())
    expect(calls).toBe(2)
  })

  it('survives a bridge that fails', async () => {
    const { store, waiting, unread } = setUp()
    const sending = store.syncNow()
    waiting.get('sync.now')!.reject(new Error('NOT_READY'))
    expect(await sending).toBe(false)
    waiting.get('view.get')!.reject(new Error('gone'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(unread).toEqual(['view.get: Error: gone'])
  })
})
