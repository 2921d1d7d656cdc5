/** Which store this is, and whether it can reach head office: the one thing to read from across the room. */
import { Button, Text, Title } from '@mantine/core'
import { IconCloudCheck, IconCloudOff, IconHourglass, IconRefresh } from '@tabler/icons-react'
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import { useNowMs, useSyncNow } from './hooks.ts'
import { describeLink, type Tone } from './link-words.ts'
import { messages } from './messages.ts'

const icons: Record<Tone, typeof IconRefresh> = { good: IconCloudCheck, waiting: IconHourglass, bad: IconCloudOff }

const LinkState = ({ status, view, timeZone }: HeaderProps) => {
  const { tone, text } = describeLink(status, view, useNowMs(), timeZone)
  const Icon = icons[tone]
  return (
    <div className="link" data-tone={tone} role="status" aria-live="polite" aria-label={messages.link.label}>
      <Icon aria-hidden size={28} stroke={1.8} />
      <span>{text}</span>
    </div>
  )
}

const SyncNow = ({ disabled }: { disabled: boolean }) => {
  const { busy, note, syncNow } = useSyncNow()
  return (
    <div className="send">
      <Button
        size="md"
        variant="default"
        leftSection={<IconRefresh aria-hidden size={20} />}
        loading={busy}
        disabled={disabled}
        onClick={syncNow}
      >
        {messages.syncNow}
      </Button>
      <Text role="status" size="xs" c="dimmed" className="send-note">
        {note}
      </Text>
    </div>
  )
}

interface HeaderProps {
  status: AgentStatus
  view: ManagerView | null
  timeZone: string
}

export const Header = (props: HeaderProps) => {
  const enrolled = props.status.enrolment.state === 'enrolled' ? props.status.enrolment.store : undefined
  const store = props.view?.store ?? enrolled
  return (
    <header className="header">
      <div>
        <Title order={1}>{store?.storeName || messages.unnamedStore}</Title>
        <Text c="dimmed">{store ? messages.storeNumber(store.storeId) : ''}</Text>
      </div>
      <LinkState {...props} />
      <SyncNow disabled={props.view === null} />
    </header>
  )
}
