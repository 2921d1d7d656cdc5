/** Where the journal is, and the lives in it. */
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import { nodeDisk } from '#main/journal/disk.ts'
import { journalDir } from '#main/journal/journal.ts'
import { type LifeOnDisk, loadJournal, type LoadedJournal, type Visit } from '#main/journal/load.ts'
import { type Manifest, manifestName, readManifest } from '#main/journal/manifest.ts'
import { livesAmong } from '#main/journal/segment.ts'
import { Complaint } from './verb.ts'

export interface JournalFolder {
  dir: string
  manifest: Manifest | null
}

export interface Life extends LifeOnDisk {
  role: 'present' | 'former' | 'unnamed'
}

const applicationData = (): string => {
  if (process.platform === 'win32') return process.env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  return process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
}

const namesIn = (dir: string): Promise<string[] | null> => nodeDisk.list(dir).catch(() => null)

export const findJournal = async (data: string | undefined): Promise<JournalFolder> => {
  const given = data ?? process.env['TIDELINE_DATA_DIR'] ?? join(applicationData(), 'Tideline')
  const names = await namesIn(given)
  if (!names) throw new Complaint(`There is no folder ${given}, or it may not be read. Name the agent's data folder with --data DIR.`)
  const isItself = names.includes(manifestName) || (basename(given) === 'journal' && livesAmong(names).length > 0)
  const dir = isItself ? given : journalDir(given)
  const inside = await namesIn(dir)
  if (!inside || (!inside.includes(manifestName) && livesAmong(inside).length === 0))
    throw new Complaint(`${given} holds no journal. Name the agent's data folder (the one with journal/ in it) with --data DIR.`)
  return { dir, manifest: await readManifest(nodeDisk, dir) }
}

/** The present one last. Copies that were never finished are no lives. */
export const livesOf = async ({ dir, manifest }: JournalFolder): Promise<Life[]> => {
  const lives = livesAmong(await nodeDisk.list(dir)).filter((life) => !manifest?.discarded.includes(life))
  const others = lives.filter((life) => life !== manifest?.incarnation)
  const roleOf = (life: Incarnation): Life['role'] =>
    manifest?.former.some(({ incarnation }) => incarnation === life) ? 'former' : 'unnamed'
  return [
    ...others.map((incarnation): Life => ({ dir, incarnation, base: null, role: roleOf(incarnation) })),
    ...(manifest ? [{ dir, incarnation: manifest.incarnation, base: manifest.base, role: 'present' as const }] : []),
  ]
}

/** The life that is written now; of a journal without its manifest, the one that is asked for or the only one. */
export const chosenLife = async (folder: JournalFolder, wanted: string | undefined): Promise<Life> => {
  const lives = await livesOf(folder)
  if (wanted === undefined && !folder.manifest && lives.length > 1)
    throw new Complaint(`journal.json is missing; say which journal with --life: ${lives.map(({ incarnation }) => incarnation).join(', ')}`)
  const found = wanted === undefined ? lives.at(-1) : lives.find(({ incarnation }) => incarnation === wanted)
  if (!found) throw new Complaint(`There is no life ${wanted} here, but: ${lives.map(({ incarnation }) => incarnation).join(', ')}`)
  return must(found, 'life')
}

const attempts = 5

/** A running agent may prune or renew while it is read: then it is read once more. `begin` gives a visitor for each attempt. */
export const readLife = async (folder: JournalFolder, life: Life, begin: () => Visit): Promise<LoadedJournal> => {
  for (let attempt = 1; ; attempt += 1) {
    const before = await readManifest(nodeDisk, folder.dir)
    const base = life.role === 'present' && before?.incarnation === life.incarnation ? before.base : life.base
    const loaded = await loadJournal(nodeDisk, { ...life, base }, begin())
    const after = await readManifest(nodeDisk, folder.dir)
    const isSame = after?.incarnation === before?.incarnation && after?.base.seq === before?.base.seq
    if (isSame || attempt === attempts) return loaded
  }
}
