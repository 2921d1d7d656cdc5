/** Five figures: what waits, what is where, and what wants somebody. */
import { IconBuilding, IconBuildingBank, IconCheck, IconClockHour4, IconDeviceFloppy, IconUrgent } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { useNowMs } from './hooks.ts'
import { locale, messages } from './messages.ts'
import { formatAge } from './times.ts'

const { tiles: words } = messages

interface TileProps {
  label: string
  value: number
  note: string
  icon: ReactNode
  tone?: 'waiting' | 'bad' | undefined
}

const Tile = ({ label, value, note, icon, tone }: TileProps) => (
  <div className="tile" data-tone={tone}>
    <dt>
      {icon}
      {label}
    </dt>
    <dd>
      <strong>{value.toLocaleString(locale)}</strong>
      <span>{note}</span>
    </dd>
  </div>
)

const icon = { size: 20, stroke: 1.9, 'aria-hidden': true } as const

export const Tiles = ({ view, toCheck }: { view: ManagerView; toCheck: number }) => {
  const nowMs = useNowMs()
  const { pending, counts } = view
  const attention = counts.held + counts.quarantined + toCheck
  const oldest =
    pending.oldestCapturedAt && pending.count > 0 ? words.oldest(formatAge(pending.oldestCapturedAt, nowMs)) : words.nothingWaiting
  return (
    <dl className="tiles" aria-label={words.label}>
      <Tile
        label={words.waiting}
        value={pending.count}
        note={oldest}
        icon={pending.count > 0 ? <IconClockHour4 {...icon} /> : <IconCheck {...icon} />}
        tone={pending.count > 0 ? 'waiting' : undefined}
      />
      <Tile label={words.captured} value={counts.captured} note={words.capturedNote} icon={<IconDeviceFloppy {...icon} />} />
      <Tile label={words.atHub} value={counts.atHub} note={words.atHubNote} icon={<IconBuilding {...icon} />} />
      <Tile label={words.posted} value={counts.posted} note={words.postedNote} icon={<IconBuildingBank {...icon} />} />
      <Tile
        label={words.attention}
        value={attention}
        note={attention > 0 ? words.attentionNote(counts.held, counts.quarantined, toCheck) : words.nothingToDo}
        icon={<IconUrgent {...icon} />}
        tone={attention > 0 ? 'bad' : undefined}
      />
    </dl>
  )
}
