/** The numbers of the live picture, each read where it is true: tills, journal, hub database, PLU files. */
import type { PictureFacts } from './picture.ts'
import { countAtTill, type PriceChange } from './price-changes.ts'
import type { Stack } from './stack.ts'
import type { Till } from './tills.ts'

export const readFacts = async (
  stack: Stack,
  tills: readonly Till[],
  changes: readonly PriceChange[],
  elapsedSeconds: number,
): Promise<PictureFacts> => {
  const [journal, hub, priceChangesAtTill] = await Promise.all([
    stack.journalCounter.count(),
    stack.hubLedger.counts(),
    countAtTill(stack.agent.folders.plu, changes),
  ])
  return {
    elapsedSeconds,
    sold: tills.reduce((sum, till) => sum + till.sold.length, 0),
    repeated: tills.reduce((sum, till) => sum + till.repeated, 0),
    captured: journal.transaction,
    pending: Math.max(0, journal.transaction - hub.atHub),
    setAside: journal.quarantine + journal.conflict,
    atHub: hub.atHub,
    posted: hub.posted,
    held: hub.held,
    priceChangesSent: changes.length,
    priceChangesAtTill,
    trouble: tills.map((till) => till.trouble && `till ${till.identity.workstationId}: ${till.trouble}`).find((trouble) => trouble),
  }
}
