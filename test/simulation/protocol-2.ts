/**
 * Stands between an agent and a hub of which one is of protocol 2: the other must keep to what that version knew, strictly. Both ends
 * are this build's own; each is told that the other speaks 2.
 */
import type { UpEvent } from '#sync/contract/up.ts'
import { protocol2Requests } from '#test/engine/protocol-2.ts'
import { answersOf2, pushesOf2 } from '#test/fixtures/protocol-2.ts'

export interface Interpreter {
  /** The request as the hub hears it. */
  up(event: UpEvent, message: unknown): unknown
  /** What is answered to a message that the hub cannot know. */
  refusal(event: UpEvent): unknown
  /** The answer as the agent hears it. */
  answer(event: UpEvent, answer: unknown): unknown
  /** Whether the agent knows the push. */
  hears(event: string, message: unknown): boolean
}

const versioned = (value: unknown): unknown => ({ ...(value as object), protocolVersion: 2 })

export const createInterpreter = (side: 'hub' | 'agents', onViolation: (words: string) => void): Interpreter => {
  const blame = (whose: 'hub' | 'agents', words: string): void => {
    if (whose !== side) onViolation(`${words}, to ${side} of protocol 2`)
  }
  return {
    up: (event, message) => {
      const parsed = protocol2Requests[event]?.safeParse(message)
      if (!parsed?.success) blame('agents', `${event} is said: ${parsed?.error.message ?? 'no such message'}`)
      return event === 'hello' && parsed?.success ? versioned(parsed.data) : message
    },
    refusal: (event) =>
      event in protocol2Requests ? null : { outcome: 'refused', code: 'UNKNOWN_MESSAGE', message: `this hub does not know ${event}` },
    answer: (event, answer) => {
      const parsed = answersOf2[event as keyof typeof answersOf2]?.safeParse(answer)
      if (!parsed?.success) blame('hub', `${event} is answered ${JSON.stringify(answer).slice(0, 200)}: ${parsed?.error.message}`)
      return event === 'hello' && (answer as { outcome?: string }).outcome === 'welcome' ? versioned(answer) : answer
    },
    hears: (event, message) => {
      const isKnown = pushesOf2[event]?.safeParse(message).success === true
      if (!isKnown) blame('hub', `${event} is pushed`)
      return isKnown
    },
  }
}
