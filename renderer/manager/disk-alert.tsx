/** Room on the disk, before and when it runs out: what it means for the tills, and what to do. */
import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle, IconDatabaseExclamation } from '@tabler/icons-react'
import type { RunningCapture } from './capture.ts'
import { messages } from './messages.ts'
import { formatBytes } from './sizes.ts'

const { disk: words } = messages
type Disk = RunningCapture['disk']

/** No sales are taken in these states. */
const isAlarm = (state: Disk['state']): boolean => state === 'full' || state === 'failing'

export const DiskAlert = ({ disk }: { disk: Disk }) => {
  if (disk.state === 'roomy') return null
  const { title, text } = words[disk.state]
  const alarm = isAlarm(disk.state)
  const Icon = alarm ? IconAlertTriangle : IconDatabaseExclamation
  const free = disk.freeBytes === undefined || disk.state === 'failing' ? '' : ` ${words.free(formatBytes(disk.freeBytes))}`
  return (
    <Alert
      role={alarm ? 'alert' : 'status'}
      className={alarm ? 'alarm' : 'warning'}
      data-disk={disk.state}
      icon={<Icon aria-hidden />}
      title={title}
    >
      {text}
      {free}
      {disk.message ? <Text size="sm">{words.detail(disk.message)}</Text> : null}
    </Alert>
  )
}
