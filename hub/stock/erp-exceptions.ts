/**
 * Differences from the ERP as exceptions: one an item, with both figures, the largest first up to a bound; the store's own tells how many
 * more there are. Whoever must look at ten thousand looks at none.
 */
import type { HubException } from '../exception/exception.ts'
import type { ComparedItem } from './erp-differences.ts'
import { unitsText } from './movement-words.ts'

export const toldAtMost = 200

const idOf = (storeId: string, itemId?: string): string =>
  `STOCK_DIFFERS:${encodeURIComponent(storeId)}${itemId === undefined ? '' : `|${itemId}`}`

export const wordDifference = (storeId: string, { itemId, hubMilli, erpMilli, inFlightMilli }: ComparedItem): string => {
  const flight = inFlightMilli === 0 ? '' : `, to which receipts on their way will add ${unitsText(inFlightMilli)}`
  return `Of ${itemId} at store ${storeId} the hub has ${unitsText(hubMilli)}, the ERP ${unitsText(erpMilli)}${flight}.`
}

const sizeOf = ({ hubMilli, erpMilli, inFlightMilli }: ComparedItem): number => Math.abs(hubMilli - erpMilli - inFlightMilli)

const bySize = (a: ComparedItem, b: ComparedItem): number => sizeOf(b) - sizeOf(a) || (a.itemId < b.itemId ? -1 : 1)

export const stockExceptions = (storeId: string, compared: readonly ComparedItem[]): HubException[] => {
  const differing = compared.filter(({ outcome }) => outcome === 'differs').toSorted(bySize)
  const told = differing.slice(0, toldAtMost).map((item): HubException => ({
    exceptionId: idOf(storeId, item.itemId),
    kind: 'STOCK_DIFFERS',
    storeId,
    itemId: item.itemId,
    message: wordDifference(storeId, item),
  }))
  const more = differing.length - told.length
  if (more === 0) return told
  const message = `At store ${storeId} ${differing.length} items differ between hub and ERP; the ${toldAtMost} largest differences are told one by one.`
  return [...told, { exceptionId: idOf(storeId), kind: 'STOCK_DIFFERS', storeId, message }]
}

/** Of the open ones, those that are over: their item agrees, or is explained. What is unsettled is left as it is. */
export const endedDifferences = (storeId: string, compared: readonly ComparedItem[], open: readonly string[]): string[] => {
  const due = new Set(stockExceptions(storeId, compared).map(({ exceptionId }) => exceptionId))
  const unsettled = new Set(compared.filter(({ outcome }) => outcome === 'unsettled').map(({ itemId }) => idOf(storeId, itemId)))
  return open.filter((id) => !due.has(id) && !unsettled.has(id))
}
