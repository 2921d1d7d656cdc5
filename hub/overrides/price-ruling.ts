/**
 * What becomes of a store's own price: pure [MRG40] [MRG43]. Without a central change against it, it stands; with one, the rule says who
 * wins. What the store overrode, written anew, is no change. One that had ended when the hub heard of it stands as what was.
 */
import type { PriceOverride } from '#sync/contract/price-override.ts'
import { type CentralPrice, changesAgainst } from '#sync/core/override-prices.ts'
import type { RuleInForce, Winner } from './rule-table.ts'
import { type PriceCentreSide, wordPriceCentre } from './sides.ts'
import type { RulingBasis } from './tables.ts'

export interface PriceRuling {
  winner: Winner
  basis: RulingBasis
  owner: string
  reason: string
  /** The centre's changes that the store had not seen. */
  conflicting: CentralPrice[]
  /** What its price has to hold against: those, and what was overridden written anew. */
  against: CentralPrice[]
}

export interface PriceCase {
  override: PriceOverride
  /** The centre's prices of the item at the store. */
  central: readonly CentralPrice[]
  epoch: string | null
  rule: RuleInForce
  /** Why the centre cannot let it stand, whatever the rules say. */
  problem: string | null
  now: string
}

const nothingSaid = { owner: 'store', reason: '' }

export const ruleOnPrice = ({ override, central, epoch, rule, problem, now }: PriceCase): PriceRuling => {
  const against = changesAgainst(override, central, epoch)
  const conflicting = against.filter(
    ({ price }) => price.amountMinor !== override.basedOn.amountMinor || price.currency !== override.currency,
  )
  const sides = { against, conflicting }
  if (problem !== null) return { winner: 'centre', basis: 'impossible', owner: 'hub', reason: problem, ...sides }
  if (conflicting.length === 0) return { winner: 'store', basis: 'no-conflict', ...nothingSaid, ...sides }
  if (override.effectiveTo !== undefined && override.effectiveTo <= now)
    return { winner: 'store', basis: 'over', owner: 'store', reason: 'It had ended when head office heard of it.', ...sides }
  return { winner: rule.winner, basis: 'rule', owner: rule.owner, reason: rule.reason, ...sides }
}

export interface Decided {
  winner: Winner
  basis: RulingBasis | 'person' | 'time'
  reason: string
}

const whose: Record<Decided['basis'], string> = {
  ...{ 'no-conflict': '', rule: 'by its rule', impossible: '', over: '' },
  ...{ person: 'somebody there decided', time: '' },
}

/** What the store is told; nothing where there is nothing to explain. */
export const wordForStore = ({ winner, basis, reason }: Decided, conflicting: PriceCentreSide): string | undefined => {
  if (basis === 'no-conflict') return undefined
  if (basis === 'impossible') return `Your price cannot stand: ${reason}`
  const what = wordPriceCentre(conflicting)
  if (basis === 'time' || basis === 'over') return `${what} Your price ended by itself.`
  if (winner === 'person') return `${what} Somebody at head office decides; your price stands until then.`
  const stands = winner === 'store' ? 'Your price stands' : 'Head office’s price stands, and yours was withdrawn'
  return `${what} ${stands}, ${whose[basis]}: ${reason}`
}
