/** What could not be understood: when it came, from where, why in plain words, and how it begins. */
import { Text } from '@mantine/core'
import { IconFileCheck } from '@tabler/icons-react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { Empty } from './empty.tsx'
import { wordReason } from './error-words.ts'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { formatMoment } from './times.ts'

const { quarantine: words } = messages
type Input = ManagerView['quarantine'][number]

const Reasons = ({ reasons }: { reasons: readonly string[] }) => (
  <ul className="reasons">
    {reasons.map((reason, index) => {
      const { words: text, detail } = wordReason(reason)
      return (
        <li key={index}>
          {text}
          {detail ? (
            <Text size="sm" c="dimmed">
              {`${words.detail}: ${detail}`}
            </Text>
          ) : null}
        </li>
      )
    })}
  </ul>
)

const QuarantinedInput = ({ input, when }: { input: Input; when: string }) => (
  <li className="quarantined">
    <h3>
      {words.received(when)} <span className="source">{words.from(input.source)}</span>
    </h3>
    <Reasons reasons={input.reasons} />
    <details>
      <summary>{words.beginning}</summary>
      <pre>{input.excerpt}</pre>
    </details>
  </li>
)

export const QuarantineList = ({ inputs, timeZone }: { inputs: ManagerView['quarantine']; timeZone: string }) => {
  const nowMs = useNowMs()
  if (inputs.length === 0)
    return <Empty icon={<IconFileCheck aria-hidden size={48} stroke={1.3} />} title={words.emptyTitle} text={words.empty} />
  return (
    <section aria-label={messages.tabs.quarantine}>
      <Text className="intro">{words.intro}</Text>
      <ul className="quarantine">
        {inputs.map((input) => (
          <QuarantinedInput key={input.recordId} input={input} when={formatMoment(input.capturedAt, nowMs, timeZone)} />
        ))}
      </ul>
    </section>
  )
}
