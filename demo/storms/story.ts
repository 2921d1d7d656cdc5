/** The story of the storms, from the first sale to the last comparison. */
import { type StormSetup, withCast } from './cast.ts'
import { pcCloned } from './cloned-pc.ts'
import { threeDaysAway, twoStoresSell } from './days-offline.ts'
import { type FinalAudit, finalAudit } from './final-audit.ts'
import { hubRestored } from './restored-hub.ts'
import { isProven, type ToldStep } from './teller.ts'

export interface ToldStory extends FinalAudit {
  proven: boolean
  steps: ToldStep[]
}

export const tellStorms = (setup: StormSetup): Promise<ToldStory> =>
  withCast(setup, async (cast) => {
    await twoStoresSell(cast)
    await threeDaysAway(cast)
    await hubRestored(cast)
    const copy = await pcCloned(cast)
    const audited = await finalAudit(cast, copy)
    const steps = setup.teller.told()
    return { proven: isProven(steps), steps, ...audited }
  })
