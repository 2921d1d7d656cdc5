/** The journal from outside, for a support bundle: how far it is and what its files weigh. Nothing of what it holds. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CapturingAgent } from '../agent-lifecycle.ts'

export interface JournalFacts {
  incarnation: string
  seq: number
  missing: { fromSeq: number; toSeq: number }[]
  /** Oldest first. */
  segments: { name: string; bytes: number }[]
  otherFiles: number
}

/** As `segmentName` makes them. */
const segmentPattern = /^[a-z0-9]{12}-[0-9]{12}\.jsonl$/

export const journalFacts = async (journal: Pick<CapturingAgent['journal'], 'head' | 'missing'>, dir: string): Promise<JournalFacts> => {
  const { incarnation, seq } = await journal.head()
  const names = (await readdir(dir)).toSorted()
  const segments = names.filter((name) => segmentPattern.test(name))
  return {
    ...{ incarnation, seq, missing: journal.missing().map(({ fromSeq, toSeq }) => ({ fromSeq, toSeq })) },
    // One may be pruned meanwhile.
    segments: await Promise.all(
      segments.map(async (name) => ({
        name,
        bytes: await stat(join(dir, name)).then(
          (s) => s.size,
          () => 0,
        ),
      })),
    ),
    otherFiles: names.length - segments.length,
  }
}
