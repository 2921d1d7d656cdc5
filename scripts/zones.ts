/**
 * The import zones, as one table: which folder is which zone and what it may import from outside itself.
 * oxlint.config.ts turns it into rules, test/zones proves that they bite.
 *
 *   contract ◀─ core ◀─ capture, store, link ◀─ engine ◀─ renderer/engine
 *   contract ◀─ renderer/manager      contract, capture, core ◀─ main, hub
 */

export type Zone = {
  folder: string
  /** `#` specifiers this zone may import besides its own. */
  imports: string[]
  /** The only npm packages it may import; absent: any, without Electron. */
  packages?: string[]
  /** No clock, no randomness, no Node: the same answer for the same arguments. */
  isPure?: true
  /** The files directly in the folder; its sub-folders are zones of their own. */
  isShallow?: true
}

const everyPartOfSync = ['sync/contract', 'sync/core', 'sync/capture', 'sync/store', 'sync/link', 'sync/engine']

export const zones: Zone[] = [
  { folder: 'sync/contract', imports: [], packages: ['zod'], isPure: true },
  { folder: 'sync/core', imports: ['sync/contract'], packages: ['zod', 'croner', 'rxjs'], isPure: true },
  { folder: 'sync/capture', imports: ['sync/contract', 'sync/core'], packages: ['zod', 'saxes'], isPure: true },
  { folder: 'sync/store', imports: ['sync/contract', 'sync/core'] },
  { folder: 'sync/link', imports: ['sync/contract', 'sync/core'] },
  { folder: 'sync/engine', imports: everyPartOfSync },
  { folder: 'sync', imports: everyPartOfSync, isShallow: true },
  { folder: 'main', imports: ['sync/contract', 'sync/capture', 'sync/core'] },
  { folder: 'renderer', imports: ['sync/contract'], isShallow: true },
  { folder: 'renderer/engine', imports: ['renderer', 'sync', ...everyPartOfSync] },
  { folder: 'renderer/manager', imports: ['renderer', 'sync/contract'] },
  { folder: 'hub', imports: ['sync/contract', 'sync/capture', 'sync/core'] },
]

/** The shell: the only files that may import Electron. */
export const electronFiles = ['main.ts', 'window.ts', 'preload.ts', 'tray.ts', 'vault.ts', 'updater.ts'].map((file) => `main/${file}`)

/** Folders that put everything together and may import anything. */
export const openFolders = ['demo', 'scripts', 'test']
