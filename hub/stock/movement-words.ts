/** What a movement was, in the words of the shop. */
import { unreachable } from '#sync/contract/assert.ts'
import { placeOfKey } from '../exception/exception.ts'
import type { MovementKind } from './movement.ts'

export interface WordedMovement {
  storeId: string
  naturalKey: string
  kind: MovementKind
  quantityMilli: number
  document?: { documentId: string; otherStoreId: string | null; transferId: string | null; reason: string | null } | undefined
  /** Of what the hub itself booked. */
  reason?: string | undefined
  /** base: the count that the figure stands on. superseded: a count that another one replaced. contained: the base has it in itself. */
  standing: 'base' | 'superseded' | 'counted' | 'contained'
  /** The base's documentId. */
  baseId: string | null
}

/** Thousandths as people write them: 2, 0.5, -1.25. */
export const unitsText = (milli: number): string => {
  const [whole, rest] = [Math.trunc(Math.abs(milli) / 1_000), Math.abs(milli) % 1_000]
  return `${milli < 0 ? '-' : ''}${whole}${rest === 0 ? '' : `.${String(rest).padStart(3, '0').replace(/0+$/, '')}`}`
}

const signedText = (milli: number): string => `${milli > 0 ? '+' : ''}${unitsText(milli)}`

const receiptText = (storeId: string, naturalKey: string): string => {
  const { workstationId, sequenceNumber } = placeOfKey(storeId, naturalKey)
  return sequenceNumber === undefined ? naturalKey : `receipt ${sequenceNumber} of till ${workstationId}`
}

const because = (reason: string | null | undefined): string => (reason ? `: ${reason}` : '')

const eventText = ({ storeId, naturalKey, kind, quantityMilli: milli, document, reason }: WordedMovement): string => {
  const amount = unitsText(Math.abs(milli))
  const receipt = receiptText(storeId, naturalKey)
  const paper = document ? ` (document ${document.documentId})` : ''
  const why = because(reason ?? document?.reason)
  switch (kind) {
    case 'sale':
      return `Sold ${amount}, ${receipt}`
    case 'return':
      return `Returned ${amount}, ${receipt}`
    case 'post-void':
      return `${signedText(milli)} by cancelling afterwards, ${receipt}`
    case 'count':
      return `Counted ${unitsText(milli)}${paper}${why}`
    case 'receipt':
      return `Received ${amount}${paper}${why}`
    case 'transfer-out':
      return `Sent ${amount} to store ${document?.otherStoreId ?? 'unknown'}${paper}${why}`
    case 'transfer-in': {
      const transfer = document?.transferId ? `, transfer ${document.transferId}` : ''
      return `Took in ${amount} from store ${document?.otherStoreId ?? 'unknown'}${transfer}${paper}${why}`
    }
    case 'adjustment':
      return `Adjusted by ${signedText(milli)}${paper}${why}`
    case 'erp-correction':
      return `Corrected by ${signedText(milli)} for the ERP${why}`
    case 'return-held':
      return `Held back ${amount} of a return of more than was sold, ${receipt}`
    default:
      return unreachable(kind)
  }
}

const standingText = ({ standing, baseId }: WordedMovement): string => {
  switch (standing) {
    case 'base':
      return ' The figure stands on this count.'
    case 'superseded':
      return ` The count ${baseId ?? ''} replaced it.`
    case 'contained':
      return ` It is contained in the count ${baseId ?? ''}.`
    case 'counted':
      return ''
  }
}

export const wordMovement = (movement: WordedMovement): string => `${eventText(movement)}.${standingText(movement)}`
