/** A log file that cannot fill the disk: at `maxBytes` it is moved aside, and only `keep` old ones stay. Logging never throws. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFile {
  write(line: string): void
  close(): void
}

export interface LogFileOptions {
  maxBytes: number
  keep: number
}

const shift = (file: string, keep: number): void => {
  rmSync(`${file}.${keep}`, { force: true })
  for (let n = keep - 1; n >= 1; n--) if (existsSync(`${file}.${n}`)) renameSync(`${file}.${n}`, `${file}.${n + 1}`)
  renameSync(file, `${file}.1`)
}

export const openLogFile = (file: string, { maxBytes, keep }: LogFileOptions): LogFile => {
  /** Null while the file cannot be opened: a closed number may by then belong to another file, the journal's for one. */
  let descriptor: number | null = null
  let size = 0
  let ended = false

  const open = (): number => {
    mkdirSync(dirname(file), { recursive: true })
    descriptor = openSync(file, 'a', 0o640)
    size = fstatSync(descriptor).size
    return descriptor
  }
  const close = (): void => {
    const closing = descriptor
    descriptor = null
    if (closing !== null) closeSync(closing)
  }
  const rotate = (): number => {
    close()
    shift(file, keep)
    return open()
  }

  const write = (line: string): void => {
    if (ended) return
    try {
      const bytes = Buffer.byteLength(line)
      let to = descriptor ?? open()
      if (size > 0 && size + bytes > maxBytes) to = rotate()
      writeSync(to, line)
      size += bytes
    } catch {
      // A full disk must not stop capture; stderr still has the line.
    }
  }
  return {
    write,
    close: () => {
      ended = true
      close()
    },
  }
}
