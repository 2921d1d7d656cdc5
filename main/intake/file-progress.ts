/**
 * How far a large file was taken, in a small file of the data folder, so that a crash in the middle costs nothing and counts nothing twice.
 *
 * The first `items` of it are durable. `digest` is over what they were: only a file that begins with the very same transactions is gone on
 * with, whatever its name, size and time say. `journalSeq` is where the journal stood then: what is found beyond it was taken by the
 * step that the crash interrupted; `incarnation` is the journal's life, which must still hold all of it. It is a help and no truth: lost or torn, the file is read again and its transactions are duplicates.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HeldLife } from '../journal/held-life.ts'
import { sha256 } from '../journal/sha256.ts'
import { fileTallySchema } from './file-tally.ts'

export const fileProgressSchema = z.strictObject({
  file: z.string(),
  sizeBytes: z.int().min(0),
  mtimeMs: z.number(),
  items: z.int().min(0),
  digest: z.string(),
  journalSeq: z.int().min(0),
  incarnation: z.string(),
  tally: fileTallySchema,
  /** `resting`: no step was under way when it was left. `complete`: all of it was taken, and it only has to be moved. */
  state: z.enum(['under-way', 'resting', 'complete']),
})
export type FileProgress = z.infer<typeof fileProgressSchema>

export interface FileProgressFolder {
  read(file: string): Promise<FileProgress | null>
  keep(progress: Omit<FileProgress, 'incarnation'>): Promise<void>
  forget(file: string): Promise<void>
}

const forgottenAfterMs = 30 * 86_400_000

/** `nowMs`: milliseconds since the epoch, to forget what is left of files that went away otherwise. */
export const openFileProgress = async (dir: string, nowMs: number, journal: HeldLife): Promise<FileProgressFolder> => {
  await mkdir(dir, { recursive: true })
  for (const name of await readdir(dir)) {
    const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: nowMs }))
    if (nowMs - mtimeMs > forgottenAfterMs) await rm(join(dir, name), { force: true })
  }
  const pathOf = (file: string): string => join(dir, `${sha256(file).slice(0, 32)}.json`)

  return {
    read: async (file) => {
      try {
        const parsed = fileProgressSchema.safeParse(JSON.parse(await readFile(pathOf(file), 'utf8')))
        return parsed.success && parsed.data.file === file && journal.holdsAllOf(parsed.data.incarnation) ? parsed.data : null
      } catch {
        return null
      }
    },
    keep: async (progress) => {
      const path = pathOf(progress.file)
      await writeFile(`${path}.partial`, JSON.stringify({ ...progress, incarnation: journal.incarnation }))
      await rename(`${path}.partial`, path)
    },
    forget: (file) => rm(pathOf(file), { force: true }),
  }
}

export const fileProgressDir = (dataDir: string): string => join(dataDir, 'file-progress')
