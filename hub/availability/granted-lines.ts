/**
 * Which store gives how much for each line: the stores in the order asked for, each at most what it has free. All or nothing, or as
 * far as possible. An item stands in one line only, so that taking in order never fails where another order would do.
 */
export interface AskedLine {
  itemId: string
  quantityMilli: number
  /** In order of preference. */
  storeIds: readonly string[]
}

export interface GrantedLine {
  lineNumber: number
  storeId: string
  itemId: string
  quantityMilli: number
}

export interface ShortLine {
  lineNumber: number
  itemId: string
  missingMilli: number
}

export type Grant = { outcome: 'granted'; lines: GrantedLine[]; short: ShortLine[] } | { outcome: 'not-enough'; short: ShortLine[] }

export const grantLines = (
  asked: readonly AskedLine[],
  freeMilli: (storeId: string, itemId: string) => number,
  fill: 'all' | 'possible',
): Grant => {
  const lines: GrantedLine[] = []
  const short: ShortLine[] = []
  for (const [index, { itemId, quantityMilli, storeIds }] of asked.entries()) {
    let missingMilli = quantityMilli
    for (const storeId of new Set(storeIds)) {
      const taken = Math.min(missingMilli, Math.max(0, freeMilli(storeId, itemId)))
      if (taken > 0) lines.push({ lineNumber: index + 1, storeId, itemId, quantityMilli: taken })
      missingMilli -= taken
    }
    if (missingMilli > 0) short.push({ lineNumber: index + 1, itemId, missingMilli })
  }
  if (lines.length === 0 || (fill === 'all' && short.length > 0)) return { outcome: 'not-enough', short }
  return { outcome: 'granted', lines, short }
}
