/** Price changes from head office: which item, from what to what, from when, and whether that time has come. */
import { Text } from '@mantine/core'
import { IconArrowRight, IconCircleCheck, IconClockHour4, IconTag } from '@tabler/icons-react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { Empty } from './empty.tsx'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { formatMoney } from './money.ts'
import { formatMoment } from './times.ts'

const { prices: words } = messages
type PriceChange = ManagerView['priceChanges'][number]

const Amounts = ({ change }: { change: PriceChange }) => {
  const now = formatMoney(change.amountMinor, change.currency)
  if (change.previousMinor === undefined)
    return (
      <>
        <strong>{now}</strong> <Text span c="dimmed">{`(${words.newItem})`}</Text>
      </>
    )
  const was = formatMoney(change.previousMinor, change.currency)
  return (
    <span className="amounts">
      <span className="visually-hidden">{words.wasNow(was, now)}</span>
      <span aria-hidden className="was">
        {was}
      </span>
      <IconArrowRight aria-hidden size={18} />
      <strong aria-hidden>{now}</strong>
    </span>
  )
}

const Force = ({ inForce }: { inForce: boolean }) => {
  const Icon = inForce ? IconCircleCheck : IconClockHour4
  return (
    <span className="state" data-state={inForce ? 'posted' : 'captured'}>
      <Icon aria-hidden size={20} stroke={1.9} />
      {inForce ? words.inForce : words.upcoming}
    </span>
  )
}

export const PriceTable = ({ changes, timeZone }: { changes: ManagerView['priceChanges']; timeZone: string }) => {
  const nowMs = useNowMs()
  if (changes.length === 0)
    return <Empty icon={<IconTag aria-hidden size={48} stroke={1.3} />} title={words.emptyTitle} text={words.empty} />
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={words.caption}>
      <table>
        <caption className="visually-hidden">{words.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.item}</th>
            <th scope="col">{words.price}</th>
            <th scope="col">{words.from}</th>
            <th scope="col">{words.status}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={`${change.itemId} ${change.effectiveFrom} ${change.receivedAt}`}>
              <td>
                {change.name} <Text span c="dimmed" size="sm">{`(${change.itemId})`}</Text>
              </td>
              <td>
                <Amounts change={change} />
              </td>
              <td>{formatMoment(change.effectiveFrom, nowMs, timeZone)}</td>
              <td>
                <Force inForce={change.inForce} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
