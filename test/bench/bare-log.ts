/** The least that makes a line durable when several want it at once: what waits shares one write and one fdatasync. */
import { writeSync } from 'node:fs'
import { open } from 'node:fs/promises'

export interface BareLog {
  /** Resolves once the line is durable. */
  append(line: Uint8Array): Promise<void>
  close(): Promise<void>
}

export const openBareLog = async (path: string): Promise<BareLog> => {
  const file = await open(path, 'a')
  let waiting: { line: Uint8Array; resolve: () => void }[] = []
  let writing: Promise<void> | null = null

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      writeSync(file.fd, Buffer.concat(batch.map(({ line }) => line)))
      await file.datasync()
      for (const { resolve } of batch) resolve()
    }
    writing = null
  }

  return {
    append: (line) =>
      new Promise((resolve) => {
        waiting.push({ line, resolve })
        writing ??= writeAll()
      }),
    close: async () => {
      await writing
      await file.close()
    },
  }
}
