/** `journal.json`: whose journal this folder holds and in which life. Written whole or not at all, before the first record. */
import { join } from 'node:path'
import { z } from 'zod'
import { deviceIdSchema, incarnationSchema, instantSchema } from '#sync/contract/vocabulary.ts'
import { type Disk, writeAtomically } from './disk.ts'

const manifestName = 'journal.json'
/** How this life began, when it took the place of another while the journal was in use. */
const begunSchema = z.object({ at: instantSchema, after: incarnationSchema, records: z.int().min(0), reason: z.string() })
export type Begun = z.infer<typeof begunSchema>
const manifestSchema = z.object({ deviceId: deviceIdSchema, incarnation: incarnationSchema, begun: begunSchema.optional() })
export type Manifest = z.infer<typeof manifestSchema>

/** Null when there is none yet, or none that can be read. */
export const readManifest = async (disk: Disk, dir: string): Promise<Manifest | null> => {
  const bytes = await disk.readWhole(join(dir, manifestName))
  if (!bytes) return null
  try {
    return manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return null
  }
}

export const writeManifest = (disk: Disk, dir: string, manifest: Manifest): Promise<void> =>
  writeAtomically(disk, dir, manifestName, new TextEncoder().encode(`${JSON.stringify(manifest)}\n`))
