/** How far a source was read, in a file of the data folder. It is written only after the records are durable. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../atomic-file.ts'

const schema = z.object({ watermark: z.string().regex(/^-?\d{1,30}$/) })

export interface WatermarkFile {
  /** -1 before the first row. */
  read(): bigint
  write(watermark: bigint): void
}

export const watermarkFile = (dataDir: string, source: string): WatermarkFile => {
  const file = join(dataDir, 'sources', `${source}.json`)
  return {
    read: () => {
      try {
        return BigInt(schema.parse(JSON.parse(readFileSync(file, 'utf8'))).watermark)
      } catch {
        // Missing or torn: everything is read again, and what is known is a duplicate.
        return -1n
      }
    },
    write: (watermark) => writeFileAtomically(file, `${JSON.stringify({ source, watermark: String(watermark) })}\n`, 0o600),
  }
}
