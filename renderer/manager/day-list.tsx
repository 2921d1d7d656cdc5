/** Business days, newest first: for each till whether its receipts are all here, and how its day was closed. */
import { Text } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { useId } from 'react'
import type { BusinessDayState } from '#sync/contract/ipc.ts'
import { describeDay, describeTillDay, type TillDay } from './day-words.ts'
import { Empty } from './empty.tsx'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { formatDay, formatMoment } from './times.ts'
import { ToneMark } from './tone-mark.tsx'

const { days: words } = messages

const TillRow = ({ till }: { till: TillDay }) => (
  <tr data-tone={till.receipts.tone === 'bad' || till.close.tone === 'bad' ? 'bad' : undefined}>
    <th scope="row">{till.till}</th>
    <td className="numbers">{till.numbers}</td>
    <td>
      <ToneMark {...till.receipts} />
      {till.receipts.notes.map((note) => (
        <Text key={note} size="sm" c="dimmed" className="reason">
          {note}
        </Text>
      ))}
    </td>
    <td>
      <ToneMark {...till.close} />
    </td>
  </tr>
)

const Day = ({ day, timeZone }: { day: BusinessDayState; timeZone: string }) => {
  const nowMs = useNowMs()
  const heading = useId()
  const closed = day.closedAt === undefined ? words.notClosed : words.closed(formatMoment(day.closedAt, nowMs, timeZone))
  return (
    <section className="day" aria-labelledby={heading}>
      <div className="day-bar">
        <h3 id={heading}>{formatDay(day.businessDay)}</h3>
        <ToneMark {...describeDay(day)} />
        <Text c="dimmed" size="sm">
          {closed}
        </Text>
      </div>
      <table aria-labelledby={heading}>
        <thead>
          <tr>
            <th scope="col">{words.till}</th>
            <th scope="col">{words.numbers}</th>
            <th scope="col">{words.receipts}</th>
            <th scope="col">{words.close}</th>
          </tr>
        </thead>
        <tbody>
          {day.workstations.map((workstation) => (
            <TillRow key={workstation.workstationId} till={describeTillDay(workstation, day.closedAt)} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

export const DayList = ({ days, timeZone }: { days: readonly BusinessDayState[]; timeZone: string }) => {
  if (days.length === 0)
    return <Empty icon={<IconCalendar aria-hidden size={48} stroke={1.3} />} title={words.emptyTitle} text={words.empty} />
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={words.label}>
      {days.map((day) => (
        <Day key={day.businessDay} day={day} timeZone={timeZone} />
      ))}
    </div>
  )
}
