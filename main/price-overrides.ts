/**
 * The store's own prices on their way into the journal: for each one of
 *
 *   captured    a new record, durable: tills have the price as soon as the engine has copied it
 *   duplicate   this overrideId with this content has a record, durable
 *   conflict    this overrideId with other content: both are kept, the first counts, and the hub tells a person
 *   refused     nothing was recorded: a price is an instruction, and whoever gives it is there to hear what is wrong with it
 *
 * Equal ids are decided one after the other. Rejects with CannotWrite, and then the same one may come again.
 */
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { Identity } from '#sync/contract/config.ts'
import type { PriceBasis } from '#sync/contract/ipc.ts'
import { type PriceOverride, priceOverrideKeyOf, priceOverrideSchema } from '#sync/contract/price-override.ts'
import { recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import type { PriceBasisLookup } from '#sync/core/ports.ts'
import type { PriceOverrideRequest } from './intake/http-contract.ts'
import { createTurns } from './intake/turns.ts'
import type { Journal } from './journal/journal.ts'
import { basedOverride, sameOverride } from './own-price.ts'
import type { RecordIndex } from './record-index.ts'
import { priceOverrideKey } from './record-keys.ts'

export type PriceOverrideResult =
  | { outcome: 'captured'; recordId: string; effectiveFrom: string }
  | { outcome: 'duplicate'; recordId: string; effectiveFrom: string }
  | { outcome: 'conflict'; recordId: string; firstRecordId: string }
  | { outcome: 'refused'; code: ErrorCode; message: string }

export interface PriceOverrides {
  take(request: PriceOverrideRequest): Promise<PriceOverrideResult>
}

export interface PriceOverridesParts {
  journal: Journal
  index: RecordIndex
  identity: Identity
  prices: PriceBasisLookup
}

const overrideIn = ({ payload }: TidelineRecord): PriceOverride => priceOverrideSchema.parse(JSON.parse(payload))

export const createPriceOverrides = ({ journal, index, identity, prices }: PriceOverridesParts): PriceOverrides => {
  const inTurn = createTurns()

  /** The local database is behind the engine's window, which may be starting. */
  const basisOf = async (request: PriceOverrideRequest): Promise<PriceBasis | null> =>
    prices.basis(request.itemId, request.effectiveFrom).catch(() => null)

  const record = async (key: string, override: PriceOverride): Promise<TidelineRecord> => {
    const appended = await journal.append('price-override', JSON.stringify(override))
    index.add(key, appended.seq)
    return appended
  }

  const settle = async (key: string, request: PriceOverrideRequest): Promise<PriceOverrideResult> => {
    const isSame = (kept: TidelineRecord): boolean => sameOverride(request, overrideIn(kept))
    const first = index.mayHave(key) ? await index.find(key) : null
    if (first && isSame(first)) return { outcome: 'duplicate', recordId: recordIdOf(first), effectiveFrom: overrideIn(first).effectiveFrom }
    const again = first && (await index.find(key, isSame))
    if (first && again) return { outcome: 'conflict', recordId: recordIdOf(again), firstRecordId: recordIdOf(first) }
    const based = basedOverride(request, await basisOf(request), identity)
    if ('refused' in based) return { outcome: 'refused', ...based.refused }
    const recordId = recordIdOf(await record(key, based.override))
    return first
      ? { outcome: 'conflict', recordId, firstRecordId: recordIdOf(first) }
      : { outcome: 'captured', recordId, effectiveFrom: based.override.effectiveFrom }
  }

  return {
    take: (request) => {
      const { storeId } = identity
      const key = priceOverrideKey({ storeId, overrideId: request.overrideId })
      return inTurn(priceOverrideKeyOf({ storeId, overrideId: request.overrideId }), () => settle(key, request))
    },
  }
}
