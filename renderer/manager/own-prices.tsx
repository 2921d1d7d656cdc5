/** Prices that this store set itself: whether each is in force, and what head office says of it. */
import { Text } from '@mantine/core'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { useNowMs } from './hooks.ts'
import { messages } from './messages.ts'
import { formatMoney } from './money.ts'
import { StateMark } from './state-mark.tsx'
import { formatMoment } from './times.ts'

const { ownPrices: words } = messages
type OwnPrice = NonNullable<ManagerView['ownPrices']>[number]

const Row = ({ own, timeZone }: { own: OwnPrice; timeZone: string }) => {
  const nowMs = useNowMs()
  const until = own.effectiveTo === undefined ? '' : ` – ${formatMoment(own.effectiveTo, nowMs, timeZone)}`
  return (
    <tr>
      <td>
        {own.name} <Text span c="dimmed" size="sm">{`(${own.itemId})`}</Text>
      </td>
      <td>{messages.prices.wasNow(formatMoney(own.previousMinor, own.currency), formatMoney(own.amountMinor, own.currency))}</td>
      <td>{`${formatMoment(own.effectiveFrom, nowMs, timeZone)}${until}`}</td>
      <td>{own.inForce ? messages.prices.inForce : words.notInForce}</td>
      <td>
        <StateMark state={own.state} words={words.states[own.state]} />
        <Text c="dimmed" size="sm">
          {own.word ?? own.reason}
        </Text>
      </td>
    </tr>
  )
}

export const OwnPrices = ({ prices, timeZone }: { prices: ManagerView['ownPrices']; timeZone: string }) => {
  if (!prices || prices.length === 0) return null
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={words.caption}>
      <table>
        <caption>{words.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{messages.prices.item}</th>
            <th scope="col">{messages.prices.price}</th>
            <th scope="col">{messages.prices.from}</th>
            <th scope="col">{messages.prices.status}</th>
            <th scope="col">{words.headOffice}</th>
          </tr>
        </thead>
        <tbody>
          {prices.map((own) => (
            <Row key={own.overrideId} own={own} timeZone={timeZone} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
