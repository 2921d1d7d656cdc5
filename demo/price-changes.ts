/**
 * A buyer who changes shelf prices in the ERP, one item after the other, and the count of changes that reached the till:
 * a change is at the till once a PLU delta file carries it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { DemoErp } from './erp.ts'
import { readDeltaFiles } from './plu-file.ts'
import type { ShelfItem } from './till-sale.ts'

export interface PriceChange {
  itemId: string
  amountMinor: number
}

const stepMinor = 50

export const runBuyer = (
  erp: DemoErp,
  shelf: () => Promise<ShelfItem[]>,
  everyMs: number,
  signal: AbortSignal,
): { changes: PriceChange[]; done: Promise<void> } => {
  const changes: PriceChange[] = []
  const change = async (): Promise<void> => {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const items = await shelf().catch(() => [])
      const item = items[turn % items.length]
      if (item) {
        const next = { itemId: item.itemId, amountMinor: item.priceMinor + stepMinor }
        // An ERP that is busy just now says no; the next turn changes another item.
        const isChanged = await erp.changePrice(next.itemId, next.amountMinor).then(
          () => true,
          () => false,
        )
        if (isChanged) changes.push(next)
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }
  return { changes, done: change() }
}

/** How many of the changes stand in the store's PLU delta files. */
export const countAtTill = async (pluDir: string, changes: readonly PriceChange[]): Promise<number> => {
  const seen = new Set((await readDeltaFiles(pluDir)).map((entry) => `${entry.itemId}|${entry.priceMinor}`))
  return changes.filter((change) => seen.has(`${change.itemId}|${change.amountMinor}`)).length
}
