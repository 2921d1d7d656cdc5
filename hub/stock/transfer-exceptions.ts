/**
 * What is wrong with a transfer, in words, by its present state: pure, so that an exception ends by itself when the state does [STK5].
 *
 *   less arrived than was sent, for longer than the grace      TRANSFER_NOT_RECEIVED
 *   more arrived than was sent                                 TRANSFER_DIFFERS at once
 *   arrived, and nobody says that it was sent                  TRANSFER_DIFFERS after the grace: the sender may be offline
 */
import type { HubException } from '../exception/exception.ts'
import { grouped } from '../grouped.ts'
import { unitsText } from './movement-words.ts'
import type { Transfer } from './transfers.ts'

export const transferGraceDays = 7

type Fault = 'TRANSFER_NOT_RECEIVED' | 'TRANSFER_DIFFERS'

const dayMs = 86_400_000

const isOld = (businessDay: string, nowMs: number): boolean => nowMs - Date.parse(businessDay) > (transferGraceDays + 1) * dayMs

export const transferFault = ({ sentMilli, receivedMilli, businessDay }: Transfer, nowMs: number): Fault | null => {
  if (sentMilli === null) return isOld(businessDay, nowMs) ? 'TRANSFER_DIFFERS' : null
  if (receivedMilli > sentMilli) return 'TRANSFER_DIFFERS'
  return receivedMilli < sentMilli && isOld(businessDay, nowMs) ? 'TRANSFER_NOT_RECEIVED' : null
}

const wordItem = ({ itemId, sentMilli, receivedMilli }: Transfer): string =>
  `${itemId} (${sentMilli === null ? 'none' : unitsText(sentMilli)} sent, ${unitsText(receivedMilli)} arrived)`

const shownItems = 5

const wordItems = (transfers: readonly Transfer[]): string => {
  const more = transfers.length - shownItems
  return `${transfers.slice(0, shownItems).map(wordItem).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const meaning: Record<Fault, string> = {
  TRANSFER_NOT_RECEIVED: `has not arrived whole after ${transferGraceDays} days`,
  TRANSFER_DIFFERS: 'does not come to what was sent',
}

const exceptionOf = (kind: Fault, transfers: readonly Transfer[]): HubException[] => {
  const [first] = transfers
  if (!first) return []
  const { fromStoreId, toStoreId, documentId, businessDay } = first
  const exceptionId = `${kind}:${[fromStoreId, toStoreId, documentId].map(encodeURIComponent).join('|')}`
  const message = `The transfer ${documentId} of ${businessDay} from store ${fromStoreId} to store ${toStoreId} ${meaning[kind]}: ${wordItems(transfers)}.`
  return [{ exceptionId, kind, storeId: toStoreId, place: { businessDay }, message }]
}

/** One exception a transfer and fault. */
export const transferExceptions = (uneven: readonly Transfer[], nowMs: number): HubException[] => {
  const faulty = uneven.flatMap((transfer) => {
    const kind = transferFault(transfer, nowMs)
    return kind ? [{ kind, transfer }] : []
  })
  const groups = grouped(faulty, ({ kind, transfer }) =>
    JSON.stringify([kind, transfer.fromStoreId, transfer.toStoreId, transfer.documentId]),
  )
  return [...groups.values()].flatMap((group) =>
    exceptionOf(
      group[0]?.kind ?? 'TRANSFER_DIFFERS',
      group.map(({ transfer }) => transfer),
    ),
  )
}
