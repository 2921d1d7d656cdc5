/**
 * The hub's stock of a store held against the ERP's, item by item: pure [STK7]. Receipts that are not posted yet are not in the ERP's figure:
 * what they explain is no difference. What cannot be told at the moment is not judged, and the next comparison will.
 *
 *   agrees     the same
 *   in-flight  the same once the receipts on their way are in the ERP
 *   unsettled  a posting is in doubt or being sent, or the figure moved while the ERP was asked
 *   differs    the rest
 */

export interface HubStock {
  itemId: string
  onHandMilli: number
  /** What receipts that are not posted yet will do to the ERP's figure. */
  inFlightMilli: number
  /** One of them may be in the ERP already. */
  inDoubt: boolean
}

export type ComparedOutcome = 'agrees' | 'in-flight' | 'unsettled' | 'differs'

export interface ComparedItem {
  itemId: string
  outcome: ComparedOutcome
  hubMilli: number
  erpMilli: number
  inFlightMilli: number
}

const nothing = (itemId: string): HubStock => ({ itemId, onHandMilli: 0, inFlightMilli: 0, inDoubt: false })

const same = (a: HubStock, b: HubStock): boolean => a.onHandMilli === b.onHandMilli && a.inFlightMilli === b.inFlightMilli

const outcomeOf = (before: HubStock, after: HubStock, erpMilli: number): ComparedOutcome => {
  if (before.inDoubt || after.inDoubt || !same(before, after)) return 'unsettled'
  if (after.onHandMilli !== erpMilli + after.inFlightMilli) return 'differs'
  return after.inFlightMilli === 0 ? 'agrees' : 'in-flight'
}

/** `before` and `after` are the hub's figures around the reading of the ERP's. In the order of the items. */
export const compareStock = (
  before: readonly HubStock[],
  after: readonly HubStock[],
  erp: readonly { itemId: string; quantityMilli: number }[],
): ComparedItem[] => {
  const earlier = new Map(before.map((each) => [each.itemId, each]))
  const later = new Map(after.map((each) => [each.itemId, each]))
  const theirs = new Map<string, number>()
  for (const { itemId, quantityMilli } of erp) theirs.set(itemId, (theirs.get(itemId) ?? 0) + quantityMilli)
  const itemIds = [...new Set([...earlier.keys(), ...later.keys(), ...theirs.keys()])].sort()
  return itemIds.map((itemId) => {
    const ours = later.get(itemId) ?? nothing(itemId)
    const erpMilli = theirs.get(itemId) ?? 0
    const outcome = outcomeOf(earlier.get(itemId) ?? nothing(itemId), ours, erpMilli)
    return { itemId, outcome, hubMilli: ours.onHandMilli, erpMilli, inFlightMilli: ours.inFlightMilli }
  })
}
