/** Chooses the screen: starting, setting up, or the store at a glance. */
import { Alert, Box, Center, Loader, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import { runningCapture } from './capture.ts'
import { DiagnosticsRequest } from './diagnostics-request.tsx'
import { DiskAlert } from './disk-alert.tsx'
import { EnrolmentPage } from './enrolment-page.tsx'
import { Footer } from './footer.tsx'
import { Header } from './header.tsx'
import { useAgentState, useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { ProgressList } from './progress-list.tsx'
import { Tabs } from './tabs.tsx'
import { Tiles } from './tiles.tsx'
import { formatMoment } from './times.ts'

const Waiting = ({ text, note }: { text: string; note?: string | undefined }) => (
  <Center mih="12rem" flex={1}>
    <Stack align="center" gap="md" role="status">
      <Loader size="lg" type="dots" aria-hidden />
      <Text size="xl">{text}</Text>
      {note ? <Text c="dimmed">{note}</Text> : null}
    </Stack>
  </Center>
)

const CaptureAlert = ({ capture }: { capture: AgentStatus['capture'] }) =>
  capture.state === 'failed' ? (
    <Alert role="alert" className="alarm" icon={<IconAlertTriangle aria-hidden />} title={messages.capture.failedTitle}>
      {messages.capture.failed(capture.message)}
    </Alert>
  ) : null

const newLifeShownMs = 3 * 86_400_000

const NewLifeNotice = ({ capture, timeZone }: { capture: AgentStatus['capture']; timeZone: string }) => {
  const nowMs = useNowMs()
  const newLife = capture.state === 'running' ? capture.newLife : undefined
  if (!newLife || Math.abs(nowMs - Date.parse(newLife.at)) > newLifeShownMs) return null
  return (
    <Alert role="status" color="blue" className="notice" icon={<IconInfoCircle aria-hidden />} title={messages.newLife.title}>
      {messages.newLife.text(formatMoment(newLife.at, nowMs, timeZone), newLife.records)}
    </Alert>
  )
}

const Body = ({ status, view, timeZone }: { status: AgentStatus; view: ManagerView | null; timeZone: string }) => {
  const capture = runningCapture(status)
  if (!view && !capture) return null
  const waiting = <Waiting text={messages.loading.engine} note={capture ? messages.loading.safe(capture.records) : undefined} />
  return (
    <>
      {view ? <Tiles view={view} toCheck={capture?.exceptionCount ?? 0} /> : null}
      <Tabs view={view} capture={capture} timeZone={timeZone} waiting={waiting} />
    </>
  )
}

const zoneOf = (status: AgentStatus, view: ManagerView | null): string =>
  view?.store?.timeZone ?? (status.enrolment.state === 'enrolled' ? status.enrolment.store.timeZone : 'UTC')

const Overview = ({ status, view }: { status: AgentStatus; view: ManagerView | null }) => {
  const timeZone = zoneOf(status, view)
  const capture = runningCapture(status)
  return (
    <Box className="page">
      <Header status={status} view={view} timeZone={timeZone} />
      <Box component="main" className="content">
        <CaptureAlert capture={status.capture} />
        <DiagnosticsRequest request={status.diagnosticsRequest} />
        {capture ? <DiskAlert disk={capture.disk} /> : null}
        <NewLifeNotice capture={status.capture} timeZone={timeZone} />
        <ProgressList files={capture?.files ?? []} rebuild={view?.rebuild} />
        <Body status={status} view={view} timeZone={timeZone} />
      </Box>
      <Footer status={status} />
    </Box>
  )
}

export const App = () => {
  const { status, view } = useAgentState()
  if (!status) return <Waiting text={messages.loading.starting} />
  return status.enrolment.state === 'enrolled' ? <Overview status={status} view={view} /> : <EnrolmentPage enrolment={status.enrolment} />
}
