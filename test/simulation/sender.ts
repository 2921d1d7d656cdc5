/** Who hands things over to an agent and keeps each until it was answered: asks again when no answer came, and remembers what was answered. */
import type { Agent } from './agent.ts'
import type { Chance } from './chance.ts'
import type { Scheduler } from './scheduler.ts'

export interface Answered {
  text: string
  outcome: 'captured' | 'duplicate' | 'conflict' | 'quarantined'
  /** Of what was understood. */
  key: string | null
  /** Canonical text of what was understood. */
  content: string | null
}

export interface Sender {
  readonly answered: readonly Answered[]
  send(text: string, understood: Pick<Answered, 'key' | 'content'>): void
  /** Not answered yet. */
  pending(): number
  /** Which agent it talks to from now on. */
  attach(agent: Agent): void
}

export interface SenderParts {
  name: string
  agent: Agent
  scheduler: Scheduler
  chance: Chance
  take(agent: Agent, text: string): Promise<readonly { outcome: Answered['outcome']; recordId: string }[]>
}

const patienceMs = 8_000

export const createSender = ({ name, scheduler, chance, take, ...parts }: SenderParts): Sender => {
  let { agent } = parts
  const answered: Answered[] = []
  const waiting = new Set<string>()

  const send: Sender['send'] = (text, understood) => {
    waiting.add(text)
    let isOpen = true
    const retry = (why: string): void => {
      if (!isOpen) return
      isOpen = false
      scheduler.after(chance.int(1_000, 5_000), `${name} tries again, ${why}`, () => send(text, understood))
    }
    const cancel = scheduler.after(patienceMs, `${name} loses patience`, () => retry('no answer'))
    take(agent, text).then(
      ([result]) => {
        if (!isOpen || !result) return
        isOpen = false
        cancel()
        waiting.delete(text)
        scheduler.note(`${name} is answered ${result.outcome} ${result.recordId}`)
        answered.push({ text, outcome: result.outcome, ...understood })
      },
      (error: unknown) => {
        cancel()
        retry(error instanceof Error ? error.message : String(error))
      },
    )
  }
  return { answered, send, pending: () => waiting.size, attach: (to) => void (agent = to) }
}
