/** The numbers of the live picture, each read where it is true: tills, agent, hub database, PLU files. */
import { z } from 'zod'
import type { PictureFacts } from './picture.ts'
import { countAtTill, type PriceChange } from './price-changes.ts'
import type { Stack } from './stack.ts'
import type { Till } from './tills.ts'

const healthSchema = z.object({ journal: z.object({ seq: z.int() }) })

export const readFacts = async (
  stack: Stack,
  tills: readonly Till[],
  changes: readonly PriceChange[],
  elapsedSeconds: number,
): Promise<PictureFacts> => {
  const [health, hub, priceChangesAtTill] = await Promise.all([
    fetch(`${stack.agent.url}/v1/health`, { signal: AbortSignal.timeout(5_000) }).then(async (response) =>
      healthSchema.parse(await response.json()),
    ),
    stack.hubLedger.counts(),
    countAtTill(stack.agent.folders.plu, changes),
  ])
  const captured = health.journal.seq
  return {
    elapsedSeconds,
    sold: tills.reduce((sum, till) => sum + till.sold.length, 0),
    repeated: tills.reduce((sum, till) => sum + till.repeated, 0),
    captured,
    pending: Math.max(0, captured - hub.atHub),
    atHub: hub.atHub,
    posted: hub.posted,
    held: hub.held,
    priceChangesSent: changes.length,
    priceChangesAtTill,
    trouble: tills.map((till) => till.trouble && `till ${till.identity.workstationId}: ${till.trouble}`).find((trouble) => trouble),
  }
}
