/**
 * One source's lines in one file, appended in order. A disk that takes nothing costs no sale: the lines stay, as many as are bounded, and
 * go with the next ones. A line that was torn by the fault ends before the next one begins.
 */
import { type FileHandle, open } from 'node:fs/promises'

export interface TapFile {
  /** Rejects while the disk does not take them. */
  append(lines: readonly string[]): Promise<void>
  /** All of them are on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

const maxUnwritten = 20_000

export const openTapFile = (path: string): TapFile => {
  let handle: FileHandle | null = null
  let unwritten: string[] = []
  let mayBeTorn = false
  let last: Promise<unknown> = Promise.resolve()

  const write = async (): Promise<void> => {
    if (unwritten.length === 0) return
    const lines = unwritten
    unwritten = []
    try {
      handle ??= await open(path, 'a', 0o600)
      await handle.appendFile(`${mayBeTorn ? '\n' : ''}${lines.join('')}`)
      mayBeTorn = false
    } catch (error) {
      mayBeTorn = true
      unwritten = [...lines, ...unwritten].slice(-maxUnwritten)
      throw error
    }
  }
  const inOrder = <T>(step: () => Promise<T>): Promise<T> => {
    const mine = last.then(step, step)
    last = mine.catch(() => undefined)
    return mine
  }
  return {
    append: (lines) => {
      for (const line of lines) unwritten.push(line)
      return inOrder(write)
    },
    sync: () =>
      inOrder(async () => {
        await write()
        await handle?.datasync()
      }),
    close: () =>
      inOrder(async () => {
        await write().catch(() => undefined)
        await handle?.sync().catch(() => undefined)
        await handle?.close().catch(() => undefined)
      }),
  }
}
