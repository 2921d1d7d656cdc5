/** A difference between the agent's totals and the hub's, in words for a person: what each side says, and between which two it arose. */
import { amountText } from '../posting/decimal.ts'
import type { TotalsDifference } from './day-totals.ts'
import type { ClosedWorkstation } from './newest-closes.ts'

export const wordHubDifference = (businessDay: string, workstation: ClosedWorkstation): string => {
  const { workstationId, currency, close, hubDifferences } = workstation
  const figures = hubDifferences.map((difference) => wordFigure(difference, currency)).join('; ')
  const uncounted = close.uncounted ?? 0
  const cause =
    uncounted === 0
      ? ''
      : ` ${uncounted} of the day’s receipts ${uncounted === 1 ? 'is' : 'are'} in conflict or quarantine here and ${uncounted === 1 ? 'does' : 'do'} not count.`
  return `Till ${workstationId} on ${businessDay}, store’s agent / hub: ${figures}. The difference arose between the store’s journal and the hub’s count of the same records.${cause}`
}

const wordFigure = ({ measure, key, agent, hub }: TotalsDifference, currency: string): string => {
  switch (measure) {
    case 'transactions':
      return `receipts ${agent} / ${hub}`
    case 'tender-count':
      return `${key} payments ${agent} / ${hub}`
    case 'grand':
      return `takings ${amountText(agent, currency)} / ${amountText(hub, currency)}`
    case 'tender':
      return `${key} ${amountText(agent, currency)} / ${amountText(hub, currency)}`
    case 'tax':
      return `tax ${key} ${amountText(agent, currency)} / ${amountText(hub, currency)}`
  }
}
