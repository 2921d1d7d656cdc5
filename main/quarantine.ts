/**
 * What could not be understood, byte for byte, one file for each content. It is durable before a journal record names it, and is never
 * deleted by the agent: it waits for a person. On a disk that is nearly full nothing new is kept; whoever sent it has it still.
 */
import { join } from 'node:path'
import type { Sha256 } from '#sync/contract/vocabulary.ts'
import { type Disk, nodeDisk, writeAtomically } from './journal/disk.ts'
import { sha256 } from './journal/sha256.ts'

export interface Quarantine {
  /** Keeps the bytes and returns their hash, which is their name. Rejects when the disk does not take them. */
  keep(bytes: Uint8Array): Promise<Sha256>
  read(contentHash: Sha256): Promise<Uint8Array | null>
}

export const openQuarantine = async (dir: string, disk: Disk = nodeDisk, isTight: () => boolean = () => false): Promise<Quarantine> => {
  await disk.makeDir(dir)
  const keeping = new Map<Sha256, Promise<void>>()
  const read = (contentHash: Sha256): Promise<Uint8Array | null> => disk.readWhole(join(dir, contentHash))

  const write = async (contentHash: Sha256, bytes: Uint8Array): Promise<void> => {
    const known = await read(contentHash)
    // A name that is there may not be durable yet.
    if (known && sha256(known) === contentHash) await disk.syncDir(dir)
    else if (isTight()) throw new Error('the disk is nearly full, and what is left is for sales')
    else await writeAtomically(disk, dir, contentHash, bytes)
  }
  const keep = async (bytes: Uint8Array): Promise<Sha256> => {
    const contentHash = sha256(bytes)
    const underWay = keeping.get(contentHash) ?? write(contentHash, bytes)
    keeping.set(contentHash, underWay)
    await underWay.finally(() => keeping.delete(contentHash))
    return contentHash
  }
  return { keep, read }
}

export const quarantineDir = (dataDir: string): string => join(dataDir, 'quarantine')
