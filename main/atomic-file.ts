/** Writes a small file so that a reader, or a power cut, sees the old content or the new, never half of it. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

export const writeFileAtomically = (file: string, content: string, mode: number): void => {
  mkdirSync(dirname(file), { recursive: true })
  const partial = `${file}.partial`
  // A leftover keeps its own mode when it is overwritten; a secret must never be written into it.
  rmSync(partial, { force: true })
  const descriptor = openSync(partial, 'wx', mode)
  try {
    writeSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(partial, file)
  syncFolder(dirname(file))
}
