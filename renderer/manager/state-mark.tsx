/** A transaction's state as colour, icon and words together: no meaning hangs on colour alone. */
import { IconAlertTriangle, IconBuilding, IconCircleCheck, IconClockHour4 } from '@tabler/icons-react'
import type { TransactionState } from './transaction-rows.ts'

const icons = { captured: IconClockHour4, 'at-hub': IconBuilding, posted: IconCircleCheck, held: IconAlertTriangle } satisfies Record<
  TransactionState,
  unknown
>

export const StateMark = ({ state, words }: { state: TransactionState; words: string }) => {
  const Icon = icons[state]
  return (
    <span className="state" data-state={state}>
      <Icon aria-hidden size={20} stroke={1.9} />
      {words}
    </span>
  )
}
