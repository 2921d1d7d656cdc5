/** What Tideline found and a person must look at: what it is, where, since when, what is at stake, and what to do. */
import { Text } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import type { OpenException } from './capture.ts'
import { Empty } from './empty.tsx'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { formatMoney } from './money.ts'
import { formatDay, formatMoment } from './times.ts'

const { check: words } = messages

const factsOf = ({ exception }: OpenException): string[] => {
  const { workstationId, businessDay, sequenceNumber, amountMinor, currency } = exception
  return [
    ...(workstationId === undefined ? [] : [words.till(workstationId)]),
    ...(sequenceNumber === undefined ? [] : [words.receipt(sequenceNumber)]),
    ...(businessDay === undefined ? [] : [formatDay(businessDay)]),
    ...(amountMinor === undefined || currency === undefined ? [] : [formatMoney(amountMinor, currency)]),
  ]
}

const ToCheck = ({ open, when }: { open: OpenException; when: string }) => {
  const { kind, message } = open.exception
  const facts = factsOf(open)
  return (
    <li className="to-check">
      <div className="to-check-bar">
        <h3>{words.kinds[kind].title}</h3>
        <Text c="dimmed" size="sm">
          {words.noticed(when)}
        </Text>
      </div>
      {facts.length > 0 ? (
        <ul className="facts">
          {facts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      ) : null}
      <p>{message}</p>
      <p className="to-do">
        <strong>{`${words.toDo}: `}</strong>
        {words.kinds[kind].toDo}
      </p>
    </li>
  )
}

interface Props {
  open: readonly OpenException[]
  count: number
  timeZone: string
}

export const CheckList = ({ open, count, timeZone }: Props) => {
  const nowMs = useNowMs()
  if (open.length === 0)
    return <Empty icon={<IconChecklist aria-hidden size={48} stroke={1.3} />} title={words.emptyTitle} text={words.empty} />
  return (
    <section className="table-frame" tabIndex={0} aria-label={messages.tabs.check}>
      <Text className="intro">
        {words.intro} {count > open.length ? words.more(open.length, count) : ''}
      </Text>
      <ul className="to-check-list">
        {open.map((each) => (
          <ToCheck key={each.exception.exceptionId} open={each} when={formatMoment(each.raisedAt, nowMs, timeZone)} />
        ))}
      </ul>
    </section>
  )
}
