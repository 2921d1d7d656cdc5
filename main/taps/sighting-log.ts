/**
 * The sightings on the disk, one file a source and start, appended. A line is written before its sale is answered, and synced only before
 * a source's watermark moves or its file leaves: a till never waits for a second sync. What the disk does not take is kept and written
 * with the next lines. Old files are deleted by their age.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Sighting } from './sightings.ts'
import { openTapFile, type TapFile } from './tap-file.ts'

const lineSchema = z.tuple([z.string(), z.string(), z.int().min(0), z.union([z.literal(0), z.literal(1)])])

export interface SightingLog {
  /** One buffered write. Rejects when the disk does not take it yet. */
  append(tap: string, sightings: readonly Sighting[]): Promise<void>
  sync(tap: string): Promise<void>
  close(): Promise<void>
}

export interface SightingLogOptions {
  dir: string
  /** Milliseconds since the epoch. */
  nowMs: number
  keepDays?: number
  onSighting: (tap: string, sighting: Sighting) => void
}

const dayMs = 86_400_000

const lineOf = ({ workstationId, businessDay, sequenceNumber, business }: Sighting): string =>
  `${JSON.stringify([workstationId, businessDay, sequenceNumber, business ? 1 : 0])}\n`

/** Null for a torn line. */
const readLine = (line: string): Sighting | null => {
  try {
    const [workstationId, businessDay, sequenceNumber, business] = lineSchema.parse(JSON.parse(line))
    return { workstationId, businessDay, sequenceNumber, business: business === 1 }
  } catch {
    return null
  }
}

/** `name.000001.log`: a source's name has no digits behind a dot at its end that could be taken for a number of ours. */
const fileName = /^(.*)\.(\d{6})\.log$/

export const openSightingLog = async ({ dir, nowMs, keepDays = 45, onSighting }: SightingLogOptions): Promise<SightingLog> => {
  await mkdir(dir, { recursive: true })
  let newest = 0
  for (const name of (await readdir(dir)).sort((a, b) => numberOf(a) - numberOf(b))) {
    const path = join(dir, name)
    const tap = fileName.exec(name)?.[1]
    if (tap === undefined) continue
    newest = Math.max(newest, numberOf(name))
    if (nowMs - (await stat(path)).mtimeMs > keepDays * dayMs) {
      await rm(path)
      continue
    }
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const sighting = readLine(line)
      if (sighting) onSighting(decodeURIComponent(tap), sighting)
    }
  }
  const number = String(newest + 1).padStart(6, '0')
  const files = new Map<string, TapFile>()
  const fileOf = (tap: string): TapFile => {
    const known = files.get(tap) ?? openTapFile(join(dir, `${encodeURIComponent(tap)}.${number}.log`))
    files.set(tap, known)
    return known
  }
  return {
    append: async (tap, sightings) => {
      if (sightings.length > 0) await fileOf(tap).append(sightings.map(lineOf))
    },
    sync: async (tap) => files.get(tap)?.sync(),
    close: async () => {
      for (const file of files.values()) await file.close()
    },
  }
}

const numberOf = (name: string): number => Number(fileName.exec(name)?.[2] ?? 0)
