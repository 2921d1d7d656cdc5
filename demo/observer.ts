/** Looks at the running demo again and again, and shows what it sees. What cannot be read just now is shown as trouble, not fatal. */
import { setTimeout as delay } from 'node:timers/promises'
import { readFacts } from './facts.ts'
import { drawLine, drawPicture, type PictureFacts, type Screen } from './picture.ts'
import type { PriceChange } from './price-changes.ts'
import type { Stack } from './stack.ts'
import type { Till } from './tills.ts'

export interface Observer {
  look(): Promise<PictureFacts>
  elapsedSeconds(): number
}

export interface Observed {
  title: string
  stack: Stack
  tills: readonly Till[]
  changes: readonly PriceChange[]
  screen: Screen
}

const nothingYet: PictureFacts = {
  ...{ elapsedSeconds: 0, sold: 0, repeated: 0, captured: 0, pending: 0, atHub: 0, posted: 0, held: 0, setAside: 0 },
  ...{ priceChangesSent: 0, priceChangesAtTill: 0, trouble: undefined },
}

export const createObserver = ({ title, stack, tills, changes, screen }: Observed): Observer => {
  const startedMs = performance.now()
  const elapsedSeconds = (): number => (performance.now() - startedMs) / 1000
  let facts = nothingYet
  const look = async (): Promise<PictureFacts> => {
    facts = await readFacts(stack, tills, changes, elapsedSeconds()).catch((error: unknown) => ({
      ...facts,
      elapsedSeconds: elapsedSeconds(),
      trouble: error instanceof Error ? error.message : String(error),
    }))
    screen.show(drawPicture(`Tideline · ${title}`, facts, stack.addresses), drawLine(facts))
    return facts
  }
  return { look, elapsedSeconds }
}

/** An ERP may be slow; but when nothing at all has moved for so long, what is missing counts as lost. */
const stillnessMs = 90_000

const isThrough = (facts: PictureFacts): boolean =>
  facts.trouble === undefined &&
  facts.captured >= facts.sold &&
  facts.pending === 0 &&
  facts.posted + facts.held >= facts.captured &&
  facts.priceChangesAtTill >= facts.priceChangesSent

/** True once all that was sold is posted and all prices are at the till; false when the counts stand still for too long, or at the signal. */
export const untilStill = async (look: () => Promise<PictureFacts>, signal: AbortSignal): Promise<boolean> => {
  let seen = ''
  let movedMs = performance.now()
  while (!signal.aborted && performance.now() - movedMs < stillnessMs) {
    const facts = await look()
    if (isThrough(facts)) return true
    const counts = JSON.stringify({ ...facts, elapsedSeconds: 0 })
    if (counts !== seen) movedMs = performance.now()
    seen = counts
    await delay(300)
  }
  return false
}
