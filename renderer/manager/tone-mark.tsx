/** A sentence with its meaning as colour and icon besides: no meaning hangs on colour alone. */
import { IconAlertTriangle, IconCircleCheck, IconClockHour4 } from '@tabler/icons-react'
import type { Tone } from './link-words.ts'

const icons = { good: IconCircleCheck, waiting: IconClockHour4, bad: IconAlertTriangle } satisfies Record<Tone, unknown>

export const ToneMark = ({ tone, text }: { tone: Tone; text: string }) => {
  const Icon = icons[tone]
  return (
    <span className="mark" data-tone={tone}>
      <Icon aria-hidden size={20} stroke={1.9} />
      <span>{text}</span>
    </span>
  )
}
