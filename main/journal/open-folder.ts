/**
 * From a folder to a journal that can be appended to: verify, cut a torn tail, begin a new life where the old one must not go on.
 *
 *   no manifest, no segments   new life, empty
 *   torn tail                  same life, cut at the last whole record
 *   damage, another device     new life, with every record that could be read; the manifest remembers what could not
 */
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import { openCarryOver } from './carry-over.ts'
import type { Disk } from './disk.ts'
import type { Finding } from './finding.ts'
import type { Hole } from './hole.ts'
import { isDamaged, type LifeOnDisk, type LoadedJournal, loadJournal } from './load.ts'
import { type Manifest, newManifest, readManifest, writeManifest } from './manifest.ts'
import { removeLives, removeSegments } from './remove-files.ts'
import { livesAmong } from './segment.ts'
import { settleTail } from './torn-tail.ts'
import type { JournalVisitor } from './visitor.ts'

export type Recovery =
  | { kind: 'none' }
  | { kind: 'torn-tail'; bytes: number }
  /** `findings`, `missing`: what was wrong with the old life, and what of it could not be read. */
  | {
      kind: 'new-life'
      reason: 'damage' | 'other-device' | 'manifest-lost'
      records: number
      findings: Finding[]
      missing: { incarnation: Incarnation; fromSeq: number; toSeq: number }[]
    }

export interface OpenedFolder {
  manifest: Manifest
  loaded: LoadedJournal
  recovery: Recovery
}

export interface FolderOptions {
  disk: Disk
  dir: string
  deviceId: DeviceId
  segmentBytes: number
  newIncarnation: () => Incarnation
  /** There is no room, and none that can be given up. */
  isLastResort: boolean
  /** Sees what the opened journal holds. */
  visitor?: JournalVisitor | undefined
}

const loadVisited = async ({ disk, visitor }: FolderOptions, life: LifeOnDisk): Promise<LoadedJournal> => {
  await visitor?.begin()
  return loadJournal(disk, life, visitor && (({ record }) => visitor.visit(record)))
}

export const openFolder = async (options: FolderOptions): Promise<OpenedFolder> => {
  const { disk, dir, deviceId } = options
  const manifest = await readManifest(disk, dir)
  if (!manifest) {
    const lives = livesAmong(await disk.list(dir)).map((incarnation): LifeOnDisk => ({ dir, incarnation, base: null }))
    return beginNewLife(options, newManifest({ deviceId, incarnation: options.newIncarnation() }), lives, 'manifest-lost')
  }
  await removeLives(disk, dir, manifest.discarded)
  const left = livesAmong(await disk.list(dir))
  manifest.discarded = manifest.discarded.filter((life) => left.includes(life))
  const life: LifeOnDisk = { dir, incarnation: manifest.incarnation, base: manifest.base }
  if (manifest.deviceId !== deviceId) return beginNewLife(options, manifest, [life], 'other-device')
  const loaded = await loadVisited(options, life)
  await removeSegments(disk, dir, loaded.leftovers)
  if (isDamaged(loaded)) return beginNewLife(options, manifest, [life], 'damage')
  const cut = await settleTail(disk, dir, loaded, options.isLastResort)
  return { manifest, loaded, recovery: cut > 0 ? { kind: 'torn-tail', bytes: cut } : { kind: 'none' } }
}

const beginNewLife = async (
  options: FolderOptions,
  old: Manifest,
  lives: readonly LifeOnDisk[],
  reason: 'damage' | 'other-device' | 'manifest-lost',
): Promise<OpenedFolder> => {
  const { disk, dir, deviceId, segmentBytes } = options
  const incarnation = options.newIncarnation()
  // An unfinished copy is recognised at the next opening. It is no loss when this cannot be written.
  if (reason !== 'manifest-lost')
    await writeManifest(disk, dir, { ...old, discarded: [...old.discarded, incarnation] }).catch(() => undefined)
  const carrying = openCarryOver(disk, dir, { deviceId, incarnation, segmentBytes })
  const missing: Omit<Hole, 'since'>[] = []
  const findings: Finding[] = []
  let records = 0
  try {
    for (const life of lives) {
      const loaded = await loadJournal(disk, life, ({ record }) => carrying.takeSoon(record))
      records += loaded.records
      findings.push(...loaded.findings)
      missing.push(...loaded.holes.map((hole) => ({ ...hole, deviceId: old.deviceId, incarnation: life.incarnation })))
    }
    await carrying.settle()
  } finally {
    await carrying.writer.close()
  }
  const carriedTo = carrying.end().seq
  const manifest = newManifest({
    deviceId,
    incarnation,
    holes: [...old.holes.map((hole) => ({ ...hole, since: 0 })), ...missing.map((hole) => ({ ...hole, since: carriedTo }))],
    former: [...old.former.map((life) => life.incarnation), ...lives.map((life) => life.incarnation)].map((life) => ({
      ...{ incarnation: life, carriedTo },
    })),
  })
  await writeManifest(disk, dir, manifest)
  const loaded = await loadVisited(options, { dir, incarnation, base: manifest.base })
  if (records === 0 && missing.length === 0) return { manifest, loaded, recovery: { kind: 'none' } }
  const ranges = missing.map(({ incarnation: life, fromSeq, toSeq }) => ({ incarnation: life, fromSeq, toSeq }))
  return { manifest, loaded, recovery: { kind: 'new-life', reason, records, findings, missing: ranges } }
}
