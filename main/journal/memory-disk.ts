/**
 * A disk in memory that is as unkind as the real one may be. A power cut keeps any part of what was not synced: names in order of
 * their changes, writes whole, torn, with holes, or not at all. Syncs end in any order. A failed one forgets what was to be written: each
 * handle that was open then is told once, whose sync ever it was, and no other is.
 */
import { basename, dirname } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'

export type DiskOperation = 'open' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'syncDir' | 'read'
export type DiskFault = 'ENOSPC' | 'EIO' | 'EROFS' | 'short' | null

export interface MemoryDisk extends Disk {
  /** Asked before each operation. `short` cuts a write in half, and is not a failure. */
  fault: (operation: DiskOperation, path: string) => DiskFault
  powerCut(): void
  /** The disk as a process started now has it: after the next power cut nothing that process does reaches it any more. */
  boot(): Disk
  /** How many bytes it holds; unbounded until set. */
  capacity: number
  /** Flips one byte of what is on the disk. */
  corrupt(path: string, position: number): void
  readonly paths: readonly string[]
}

type FileChange = { kind: 'write'; position: number; bytes: Uint8Array } | { kind: 'truncate'; length: number }

interface Inode {
  current: Uint8Array
  durable: Uint8Array
  /** In order, numbered by `changes`. */
  pending: { number: number; change: FileChange }[]
  changes: number
  /** How often what was to be written was lost, and why the last time. */
  losses: number
  lastLoss: string
}

type Names = Map<string, Inode>

const applyChange = (content: Uint8Array, change: FileChange): Uint8Array => {
  if (change.kind === 'truncate') {
    const cut = new Uint8Array(change.length)
    cut.set(content.subarray(0, change.length))
    return cut
  }
  const grown = new Uint8Array(Math.max(content.length, change.position + change.bytes.length))
  grown.set(content)
  grown.set(change.bytes, change.position)
  return grown
}

/** `random` gives numbers in [0, 1). */
export const createMemoryDisk = (random: () => number): MemoryDisk => {
  let names: Names = new Map()
  let durableNames: Names = new Map()
  let pendingNames: ((to: Names) => void)[] = []
  let powerCuts = 0

  const changeNames = (change: (to: Names) => void): void => {
    change(names)
    pendingNames.push(change)
  }
  const raise = (code: string): never => {
    throw Object.assign(new Error(code), { code })
  }
  const check = (operation: DiskOperation, path: string): DiskFault => {
    const fault = disk.fault(operation, path)
    return fault === null || fault === 'short' ? fault : raise(fault)
  }
  const usedBytes = (): number => [...new Set(names.values())].reduce((sum, { current }) => sum + current.length, 0)

  /** What a change may have become by the time the power went. */
  const survivor = (change: FileChange): FileChange[] => {
    const luck = random()
    if (luck < 0.35) return [change]
    if (luck < 0.6 || change.kind === 'truncate') return []
    const cut = Math.floor(random() * change.bytes.length)
    const torn = change.bytes.slice(0, luck < 0.9 ? cut : change.bytes.length)
    if (luck >= 0.9) torn.fill(0, cut, Math.min(torn.length, cut + 64))
    return [{ ...change, bytes: torn }]
  }
  const loseSome = (inode: Inode): void => {
    inode.durable = inode.pending.flatMap(({ change }) => survivor(change)).reduce(applyChange, inode.durable)
    inode.pending = []
  }
  const makeDurable = (inode: Inode, upTo: number): void => {
    const covered = inode.pending.filter(({ number }) => number <= upTo)
    inode.durable = covered.map(({ change }) => change).reduce(applyChange, inode.durable)
    inode.pending = inode.pending.slice(covered.length)
  }
  /** Whatever else is ready goes on meanwhile. */
  const takeTime = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 25); turns > 0; turns -= 1) await Promise.resolve()
  }

  const openFile = (inode: Inode, path: string): DiskFile => {
    const born = powerCuts
    let seenLosses = inode.losses
    const change = (change: FileChange): void => {
      if (born !== powerCuts) raise('EBADF')
      inode.current = applyChange(inode.current, change)
      inode.changes += 1
      inode.pending.push({ number: inode.changes, change })
    }
    return {
      write: async (bytes, position) => {
        const fault = disk.fault('write', path)
        // What is written over needs no room.
        const room = Math.max(0, disk.capacity - usedBytes()) + Math.max(0, inode.current.length - position)
        if (room < 1) raise('ENOSPC')
        // A copy: the slice of a Buffer would be the caller's own bytes, and a torn write would tear them too.
        const kept = Uint8Array.from(bytes).slice(0, Math.min(room, fault === null ? bytes.length : Math.ceil(bytes.length / 2)))
        change({ kind: 'write', position, bytes: kept })
        return fault === null || fault === 'short' ? kept.length : raise(fault)
      },
      read: async (position, length) => {
        check('read', path)
        return inode.current.slice(position, position + length)
      },
      size: async () => inode.current.length,
      truncate: async (length) => {
        check('truncate', path)
        change({ kind: 'truncate', length })
      },
      sync: async () => {
        const covered = inode.changes
        const fault = disk.fault('sync', path)
        await takeTime()
        if (born !== powerCuts) raise('EBADF')
        if (fault !== null && fault !== 'short') {
          loseSome(inode)
          inode.losses += 1
          inode.lastLoss = fault
        }
        const isTold = seenLosses < inode.losses
        seenLosses = inode.losses
        if (!isTold) makeDurable(inode, covered)
        // What it came to is known to the system before it is known to us.
        await takeTime()
        if (born !== powerCuts) raise('EBADF')
        if (isTold) raise(inode.lastLoss)
      },
      close: async () => undefined,
    }
  }

  const disk: MemoryDisk = {
    fault: () => null,
    capacity: Infinity,
    makeDir: async () => undefined,
    list: async (dir) => [...names.keys()].filter((path) => dirname(path) === dir).map((path) => basename(path)),
    open: async (path) => {
      check('open', path)
      const known = names.get(path)
      if (known) return openFile(known, path)
      const inode: Inode = {
        ...{ current: new Uint8Array(), durable: new Uint8Array() },
        ...{ pending: [], changes: 0, losses: 0, lastLoss: '' },
      }
      changeNames((to) => void to.set(path, inode))
      return openFile(inode, path)
    },
    openToRead: async (path) => {
      check('open', path)
      const known = names.get(path)
      return known ? openFile(known, path) : null
    },
    sizeOf: async (path) => names.get(path)?.current.length ?? null,
    freeBytes: async () => disk.capacity - usedBytes(),
    readWhole: async (path) => names.get(path)?.current.slice() ?? null,
    rename: async (from, to) => {
      check('rename', from)
      const inode = names.get(from) ?? raise('ENOENT')
      changeNames((changed) => {
        changed.delete(from)
        changed.set(to, inode)
      })
    },
    remove: async (path) => {
      check('remove', path)
      changeNames((to) => void to.delete(path))
    },
    syncDir: async (dir) => {
      check('syncDir', dir)
      for (const change of pendingNames) change(durableNames)
      pendingNames = []
    },
    powerCut: () => {
      powerCuts += 1
      for (const change of pendingNames.slice(0, Math.floor(random() * (pendingNames.length + 1)))) change(durableNames)
      pendingNames = []
      names = new Map(durableNames)
      for (const inode of new Set(names.values())) {
        loseSome(inode)
        inode.current = inode.durable.slice()
      }
      durableNames = new Map(names)
    },
    boot: () => {
      const born = powerCuts
      return diskUntil(disk, () => void (born === powerCuts || raise('EBADF')))
    },
    corrupt: (path, position) => {
      const inode = names.get(path) ?? raise('ENOENT')
      const content = inode.durable.slice()
      content[position] = (content[position] ?? 0) ^ 0x20
      inode.durable = content
      inode.current = content.slice()
    },
    get paths() {
      return [...names.keys()]
    },
  }
  return disk
}

/** What it gives out ends with it, as the handles of a process do. */
const diskUntil = (disk: Disk, assertPowered: () => void): Disk => {
  const whilePowered = async <T>(operation: () => Promise<T>): Promise<T> => {
    assertPowered()
    const result = await operation()
    assertPowered()
    return result
  }
  return {
    makeDir: (dir) => whilePowered(() => disk.makeDir(dir)),
    list: (dir) => whilePowered(() => disk.list(dir)),
    open: (path) => whilePowered(() => disk.open(path)),
    openToRead: (path) => whilePowered(() => disk.openToRead(path)),
    readWhole: (path) => whilePowered(() => disk.readWhole(path)),
    sizeOf: (path) => whilePowered(() => disk.sizeOf(path)),
    freeBytes: (dir) => whilePowered(() => disk.freeBytes(dir)),
    rename: (from, to) => whilePowered(() => disk.rename(from, to)),
    remove: (path) => whilePowered(() => disk.remove(path)),
    syncDir: (dir) => whilePowered(() => disk.syncDir(dir)),
  }
}

/** A small seeded generator (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
