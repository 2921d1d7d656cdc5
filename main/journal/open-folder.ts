/**
 * From a folder to a journal that can be appended to: verify, cut a torn tail, begin a new life where the old one must not go on.
 *
 *   no manifest, no segments   new life, empty
 *   torn tail                  same life, cut at the last whole record
 *   damage, another device     new life, with every record that could be read
 */
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import { carryOver } from './carry-over.ts'
import type { Disk } from './disk.ts'
import { type LoadedJournal, loadJournal } from './load.ts'
import { type Manifest, readManifest, writeManifest } from './manifest.ts'
import type { ChainedRecord } from './record-line.ts'
import { settleTail } from './torn-tail.ts'

export type Recovery =
  | { kind: 'none' }
  | { kind: 'torn-tail'; bytes: number }
  | { kind: 'new-life'; reason: 'damage' | 'other-device' | 'manifest-lost'; records: number }

export interface OpenedFolder {
  manifest: Manifest
  loaded: LoadedJournal
  recovery: Recovery
}

interface FolderOptions {
  disk: Disk
  dir: string
  deviceId: DeviceId
  segmentBytes: number
  newIncarnation: () => Incarnation
}

export const openFolder = async (options: FolderOptions): Promise<OpenedFolder> => {
  const { disk, dir, deviceId } = options
  const manifest = await readManifest(disk, dir)
  if (!manifest) return openWithoutManifest(options)
  const records: ChainedRecord[] = []
  const changed = manifest.deviceId !== deviceId
  const loaded = await loadJournal(disk, dir, manifest.incarnation, changed ? (chained) => records.push(chained) : undefined)
  if (changed) return beginNewLife(options, records, 'other-device')
  if (loaded.damaged) return beginNewLife(options, await readableRecords(disk, dir, manifest.incarnation), 'damage')
  const cut = await settleTail(disk, dir, loaded)
  return { manifest, loaded, recovery: cut > 0 ? { kind: 'torn-tail', bytes: cut } : { kind: 'none' } }
}

const readableRecords = async (disk: Disk, dir: string, incarnation: string): Promise<ChainedRecord[]> => {
  const records: ChainedRecord[] = []
  await loadJournal(disk, dir, incarnation, (chained) => records.push(chained))
  return records
}

const openWithoutManifest = async (options: FolderOptions): Promise<OpenedFolder> => {
  const names = await options.disk.list(options.dir)
  const incarnations = new Set(names.flatMap((name) => /^([a-z0-9]{12})-\d{12}\.jsonl$/.exec(name)?.[1] ?? []))
  const records: ChainedRecord[] = []
  for (const incarnation of [...incarnations].sort()) records.push(...(await readableRecords(options.disk, options.dir, incarnation)))
  return beginNewLife(options, records, 'manifest-lost')
}

const beginNewLife = async (
  options: FolderOptions,
  records: readonly ChainedRecord[],
  reason: 'damage' | 'other-device' | 'manifest-lost',
): Promise<OpenedFolder> => {
  const { disk, dir, deviceId, segmentBytes } = options
  const incarnation = options.newIncarnation()
  const manifest: Manifest = { deviceId, incarnation }
  await carryOver(
    disk,
    dir,
    records.map((chained) => chained.record),
    { deviceId, incarnation, segmentBytes },
  )
  await writeManifest(disk, dir, manifest)
  const loaded = await loadJournal(disk, dir, incarnation)
  return { manifest, loaded, recovery: records.length === 0 ? { kind: 'none' } : { kind: 'new-life', reason, records: records.length } }
}
