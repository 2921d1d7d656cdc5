/** `journal.json`: whose journal this folder holds and in which life, and what of it is no longer or not yet there. Written whole or not at all. */
import { join } from 'node:path'
import { z } from 'zod'
import { genesisHash } from '#sync/contract/record.ts'
import { businessDaySchema, deviceIdSchema, incarnationSchema, instantSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import { type Disk, writeAtomically } from './disk.ts'
import { holeSchema } from './hole.ts'

export const manifestName = 'journal.json'
const countSchema = z.int().min(0)

/** How this life began, when it took the place of another while the journal was in use. */
const begunSchema = z.object({ at: instantSchema, after: incarnationSchema, records: countSchema, reason: z.string() })
export type Begun = z.infer<typeof begunSchema>

/** A life that this one took the place of: all that it held is here, up to that number. Its files may be pruned with those records. */
const formerLifeSchema = z.object({ incarnation: incarnationSchema, carriedTo: countSchema })
export type FormerLife = z.infer<typeof formerLifeSchema>

/** On that day the journal held records up to this number. */
const dayMarkSchema = z.object({ date: businessDaySchema, seq: countSchema })
export type DayMark = z.infer<typeof dayMarkSchema>

const manifestSchema = z.object({
  deviceId: deviceIdSchema,
  incarnation: incarnationSchema,
  begun: begunSchema.optional(),
  /** The last record that was pruned: the journal goes on behind it. */
  base: z.object({ seq: countSchema, hash: sha256Schema }).default({ seq: 0, hash: genesisHash }),
  holes: z.array(holeSchema).default([]),
  former: z.array(formerLifeSchema).default([]),
  days: z.array(dayMarkSchema).default([]),
  /** Lives whose files may go: they are pruned, or copies that were never finished. */
  discarded: z.array(incarnationSchema).default([]),
})
export type Manifest = z.infer<typeof manifestSchema>

export const newManifest = (of: Pick<Manifest, 'deviceId' | 'incarnation'> & Partial<Manifest>): Manifest => ({
  ...{ base: { seq: 0, hash: genesisHash }, holes: [], former: [], days: [], discarded: [] },
  ...of,
})

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
