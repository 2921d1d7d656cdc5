/** How far a source was read, and in which life of the journal, in a file of the data folder. It is written only after the records are durable. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../atomic-file.ts'
import type { HeldLife } from '../journal/held-life.ts'

const schema = z.object({ watermark: z.string().regex(/^-?\d{1,30}$/), incarnation: z.string() })

export interface WatermarkFile {
  /** -1 before the first row, and where the journal does not hold all that was read. */
  read(): bigint
  write(watermark: bigint): void
}

export const watermarkFile = (dataDir: string, source: string, journal: HeldLife): WatermarkFile => {
  const file = join(dataDir, 'sources', `${source}.json`)
  return {
    read: () => {
      try {
        const { watermark, incarnation } = schema.parse(JSON.parse(readFileSync(file, 'utf8')))
        return journal.holdsAllOf(incarnation) ? BigInt(watermark) : -1n
      } catch {
        // Missing or torn: everything is read again, and what is known is a duplicate.
        return -1n
      }
    },
    write: (watermark) =>
      writeFileAtomically(file, `${JSON.stringify({ source, watermark: String(watermark), incarnation: journal.incarnation })}\n`, 0o600),
  }
}
