/**
 * What is said to an agent that speaks an older protocol [TRN12]: answers without the fields, and refusals without the codes, that
 * came later; pushes that it does not know are not sent. One table a version, newest last.
 */
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'

interface Novelty {
  /** The version that brought them. */
  since: number
  /** By outcome; a push stands under its event's name. */
  fields: Readonly<Record<string, readonly string[]>>
  /** What an older agent hears instead: it must come back as after the newer one. */
  codes: Readonly<Partial<Record<ErrorCode, ErrorCode>>>
  pushes: readonly DownEvent[]
}

const novelties: readonly Novelty[] = [
  {
    since: 3,
    fields: {
      welcome: ['epoch', 'credit'],
      acknowledged: ['credit', 'hubTime'],
      pulled: ['epoch'],
      refused: ['retryAfterMs'],
      dismiss: ['retryAfterMs'],
    },
    codes: {
      HUB_BUSY: 'HUB_UNAVAILABLE',
      HUB_FELL_BACK: 'HUB_UNAVAILABLE',
      NETWORK_SIGN_IN: 'HUB_UNAVAILABLE',
      PROXY_REFUSED: 'HUB_UNAVAILABLE',
    },
    pushes: ['ask', 'credit'],
  },
  { since: 4, fields: { poke: ['news'] }, codes: {}, pushes: [] },
]

const without = (message: object, outcome: string, { fields, codes }: Novelty): object => {
  const known = Object.entries(message).filter(([name]) => !fields[outcome]?.includes(name))
  return Object.fromEntries(known.map(([name, value]) => [name, name === 'code' ? (codes[value as ErrorCode] ?? value) : value]))
}

const inWordsOf = (protocolVersion: number, message: object, outcome: string): object =>
  novelties.filter(({ since }) => since > protocolVersion).reduceRight((known, novelty) => without(known, outcome, novelty), message)

export const answerFor = (protocolVersion: number, answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'outcome' in answer && typeof answer.outcome === 'string'
    ? inWordsOf(protocolVersion, answer, answer.outcome)
    : answer

/** Null: the agent does not know such a push. */
export const pushFor = <E extends DownEvent>(protocolVersion: number, event: E, message: DownMessage<E>): DownMessage<E> | null =>
  novelties.some(({ since, pushes }) => since > protocolVersion && pushes.includes(event))
    ? null
    : (inWordsOf(protocolVersion, message, event) as DownMessage<E>)
