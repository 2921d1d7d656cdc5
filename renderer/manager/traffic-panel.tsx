/** How this store talks to head office: what may travel when, what was used today, and when everything will be through. */
import { Alert, Text } from '@mantine/core'
import { IconClockExclamation, IconInfoCircle } from '@tabler/icons-react'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { ToneMark } from './tone-mark.tsx'
import { describeClock, describeForecast, describeUse, describeWindow, isDayUsedUp, type SyncView } from './traffic-words.ts'

const { traffic: words } = messages

const Windows = ({ sync, timeZone }: { sync: SyncView; timeZone: string }) => {
  const nowMs = useNowMs()
  return (
    <table>
      <caption className="visually-hidden">{words.windowsCaption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.what}</th>
          <th scope="col">{words.when}</th>
        </tr>
      </thead>
      <tbody>
        {sync.windows.map((window) => {
          const { what, tone, text } = describeWindow(window, sync.overridden, nowMs, timeZone)
          return (
            <tr key={window.class}>
              <th scope="row">{what}</th>
              <td>
                <ToneMark tone={tone} text={text} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const Facts = ({ sync, timeZone }: { sync: SyncView; timeZone: string }) => {
  const nowMs = useNowMs()
  const forecast = describeForecast(sync, nowMs, timeZone)
  const { kilobytesPerSecond, metered } = sync.caps
  const notes = [
    ...(isDayUsedUp(sync) ? [words.dayUsedUp] : []),
    ...(kilobytesPerSecond === undefined ? [] : [words.perSecond(kilobytesPerSecond)]),
    ...(metered ? [words.metered] : []),
  ]
  return (
    <dl className="traffic-facts">
      <div>
        <dt>{words.through}</dt>
        <dd>{forecast.text}</dd>
        {forecast.note ? <dd className="note">{forecast.note}</dd> : null}
      </div>
      <div>
        <dt>{words.usedToday}</dt>
        <dd>{describeUse(sync)}</dd>
        {notes.map((note) => (
          <dd key={note} className="note">
            {note}
          </dd>
        ))}
      </div>
    </dl>
  )
}

const ClockAlert = ({ sync }: { sync: SyncView }) => {
  const wrong = describeClock(sync)
  return wrong ? (
    <Alert role="status" color="orange" className="notice" icon={<IconClockExclamation aria-hidden />} title={wrong.title}>
      {wrong.text}
    </Alert>
  ) : null
}

export const TrafficPanel = ({ sync, timeZone }: { sync: SyncView; timeZone: string }) => (
  <section className="table-frame traffic" tabIndex={0} aria-label={words.title}>
    {sync.overridden ? (
      <Alert role="status" color="blue" className="notice" icon={<IconInfoCircle aria-hidden />} title={words.overriddenTitle}>
        {words.overriddenText}
      </Alert>
    ) : null}
    <ClockAlert sync={sync} />
    <Facts sync={sync} timeZone={timeZone} />
    <Text size="sm" c="dimmed" className="hint">
      {words.syncNowHint}
    </Text>
    <Windows sync={sync} timeZone={timeZone} />
  </section>
)
