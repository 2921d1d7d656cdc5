/** What a certificate proves, in plain words. */
import type { DayCloseStatement, NumberRange } from '#sync/contract/day-close.ts'
import { dayText, differenceText, moneyText } from './words.ts'

const shownRanges = 10

const rangesText = (ranges: readonly NumberRange[]): string => {
  const shown = ranges.slice(0, shownRanges).map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`))
  return `${shown.join(', ')}${ranges.length > shownRanges ? ` and ${ranges.length - shownRanges} more` : ''}`
}

const numbersText = ({
  first,
  last,
  seen,
  missing,
  rolledOver,
  explained,
}: DayCloseStatement['workstations'][number]['ledger']): string => {
  if (first === undefined || last === undefined) return 'no numbers'
  const reasons = Object.entries(explained).flatMap(([reason, count]) => (count > 0 ? [`${count} ${reason}`] : []))
  return [
    `numbers ${first} to ${last}, ${seen} of them here${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    rolledOver.length > 0 ? `the counter began again, ${rangesText(rolledOver)} were never given` : '',
    missing.length > 0 ? `MISSING: ${rangesText(missing)}` : 'none missing',
  ]
    .filter((part) => part !== '')
    .join('; ')
}

export const proofWords = ({
  storeId,
  businessDay,
  currency,
  closedAt,
  deviceId,
  chain,
  workstations,
  publicKey,
}: DayCloseStatement): string => {
  const lines = workstations.flatMap(({ workstationId, ledger, totals, tillTotals, differences }) => {
    const money = (minor: number): string => moneyText(minor, currency)
    const tenders = totals.tenders.map(({ kind, amountMinor, count }) => `${kind} ${money(amountMinor)} (${count})`)
    const taxes = totals.taxes.map(({ code, taxMinor }) => `${code} ${money(taxMinor)}`)
    const till = !tillTotals
      ? 'gave no totals of its own'
      : differences.length === 0
        ? 'says the same'
        : `DIFFERS: ${differences.map((one) => differenceText(one, currency)).join('; ')}`
    return [
      `Till ${workstationId}: ${numbersText(ledger)}.`,
      `  ${totals.transactionCount} transactions settled, ${money(totals.grandMinor)}`,
      `  by tender: ${tenders.join(', ') || 'none'}`,
      `  by tax: ${taxes.join(', ') || 'none'}`,
      `  the till ${till}`,
    ]
  })
  return [
    `Store ${storeId}, business day ${dayText(businessDay)}, closed at ${closedAt} by ${deviceId}.`,
    ...lines,
    `Records ${chain.firstSeq} to ${chain.headSeq + 1} of journal ${chain.incarnation} are an unbroken chain, and its head was signed with the key`,
    `  ${publicKey}`,
  ].join('\n')
}
