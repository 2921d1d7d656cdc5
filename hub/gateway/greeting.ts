/** From a hello to its answer: let in at its moment [TRN14], known by its key, welcomed into the present epoch. */
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import { refuse, type Refusal } from './answer.ts'
import { greet, type Hello } from './handshake.ts'
import type { Peer } from './session.ts'
import type { SessionContext } from './session-context.ts'
import { type Welcome, welcome } from './welcome.ts'

export type Greeted = { greeted: 'welcomed'; peer: Peer; epoch: HubEpoch; answer: Welcome } | { greeted: 'refused'; answer: Refusal }

const busyWords = 'many stores are coming back at once, and are let in one after the other'

export const greetInTurn = async (context: SessionContext, nonce: string, hello: Hello): Promise<Greeted> => {
  const { admission, metrics, work, steadyMs } = context
  const admitted = admission.ask(hello.deviceId, steadyMs())
  metrics.greetings.inc({ outcome: admitted.admitted ? 'admitted' : 'deferred' })
  if (!admitted.admitted) return { greeted: 'refused', answer: refuse('HUB_BUSY', busyWords, admitted.retryAfterMs) }
  try {
    return await work.run({ owner: hello.deviceId, urgency: 'urgent' }, () => greetAndWelcome(context, nonce, hello))
  } finally {
    admission.done()
  }
}

const greetAndWelcome = async ({ db, nowMs }: SessionContext, nonce: string, hello: Hello): Promise<Greeted> => {
  const greeting = await greet(db, nonce, hello)
  if (greeting.greeting === 'refused') return { greeted: 'refused', answer: refuse(greeting.code, greeting.message) }
  const welcomed = await welcome(db, greeting.peer, hello, nowMs())
  return 'epoch' in welcomed ? { greeted: 'welcomed', peer: greeting.peer, ...welcomed } : { greeted: 'refused', answer: welcomed.answer }
}
