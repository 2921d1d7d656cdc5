/**
 * Support asks for logs and states of this computer; the manager decides, and can read every character of it first. Put off, the question
 * stays in the page as a notice; nothing is sent before a yes.
 */
import { Alert, Button, Group, List, Loader, Modal, Stack, Text, Title } from '@mantine/core'
import { IconCheck, IconEye, IconLifebuoy, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import type { AgentStatus } from '#sync/contract/ipc.ts'
import type { DiagnosticsPreview } from './agent-store.ts'
import { useAgentStore } from './hooks.ts'
import { messages } from './messages.ts'
import { formatSize } from './sizes.ts'

const { diagnostics: words } = messages

type Request = NonNullable<AgentStatus['diagnosticsRequest']>
type Shown = 'no' | 'making' | 'gone' | DiagnosticsPreview

const Contents = ({ title, lines, kind }: { title: string; lines: readonly string[]; kind: 'in' | 'out' }) => (
  <section className="bundle-part" data-kind={kind}>
    <Title order={3} size="md">
      {title}
    </Title>
    <List spacing="xs" icon={kind === 'in' ? <IconCheck aria-hidden size={20} /> : <IconX aria-hidden size={20} />}>
      {lines.map((line) => (
        <List.Item key={line}>{line}</List.Item>
      ))}
    </List>
  </section>
)

const Preview = ({ requestId }: { requestId: string }) => {
  const store = useAgentStore()
  const [shown, setShown] = useState<Shown>('no')
  const look = async () => {
    setShown('making')
    setShown((await store.previewDiagnostics(requestId)) ?? 'gone')
  }
  if (shown === 'no')
    return (
      <Button variant="default" size="md" leftSection={<IconEye aria-hidden size={20} />} onClick={() => void look()}>
        {words.look}
      </Button>
    )
  if (shown === 'making') return <Loader type="dots" aria-label={words.making} />
  if (shown === 'gone') return <Text role="status">{words.cannotShow}</Text>
  return (
    <div>
      <Text size="sm" mb="xs">
        {words.size(formatSize(shown.bytes))}
      </Text>
      <pre className="bundle-text" tabIndex={0} role="region" aria-label={words.textLabel}>
        {shown.text}
      </pre>
    </div>
  )
}

const Question = ({ request, onDone }: { request: Request; onDone: () => void }) => {
  const store = useAgentStore()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const decide = async (granted: boolean) => {
    setBusy(true)
    if (await store.decideDiagnostics(request.requestId, granted)) return onDone()
    setProblem(words.failed)
    setBusy(false)
  }
  return (
    <Stack gap="lg">
      <Text>{words.who}</Text>
      <blockquote className="bundle-reason">{request.reason || words.noReason}</blockquote>
      <div className="bundle-parts">
        <Contents kind="in" title={words.insideTitle} lines={words.inside} />
        <Contents kind="out" title={words.outsideTitle} lines={words.outside} />
      </div>
      <Preview requestId={request.requestId} />
      {problem ? <Text role="alert">{problem}</Text> : null}
      <Group justify="flex-end" gap="md" className="bundle-answer">
        <Button size="lg" variant="default" disabled={busy} onClick={() => void decide(false)}>
          {words.no}
        </Button>
        <Button size="lg" className="bundle-yes" loading={busy} onClick={() => void decide(true)}>
          {words.yes}
        </Button>
      </Group>
    </Stack>
  )
}

const OpenRequest = ({ request }: { request: Request }) => {
  const [opened, setOpened] = useState(true)
  const later = () => setOpened(false)
  return (
    <>
      <Alert role="status" className="notice" color="blue" icon={<IconLifebuoy aria-hidden />} title={words.title}>
        <Group justify="space-between">
          <Text>{words.waiting}</Text>
          <Button variant="default" onClick={() => setOpened(true)}>
            {words.answer}
          </Button>
        </Group>
      </Alert>
      <Modal
        opened={opened}
        onClose={later}
        title={words.title}
        size="46rem"
        closeButtonProps={{ 'aria-label': words.later, icon: <IconX aria-hidden size={20} /> }}
        classNames={{ title: 'bundle-title' }}
        transitionProps={{ duration: 0 }}
      >
        <Question request={request} onDone={later} />
      </Modal>
    </>
  )
}

export const DiagnosticsRequest = ({ request }: { request: AgentStatus['diagnosticsRequest'] }) =>
  request ? <OpenRequest key={request.requestId} request={request} /> : null
