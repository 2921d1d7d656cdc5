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
  mkdirSync(dirname(file), { recursive: true })
  let descriptor = openSync(file, 'a', 0o640)
  let size = fstatSync(descriptor).size

  const rotate = (): void => {
    closeSync(descriptor)
    shift(file, keep)
    descriptor = openSync(file, 'a', 0o640)
    size = 0
  }

  const write = (line: string): void => {
    try {
      const bytes = Buffer.byteLength(line)
      if (size > 0 && size + bytes > maxBytes) rotate()
      writeSync(descriptor, line)
      size += bytes
    } catch {
      // A full disk must not stop capture; stderr still has the line.
    }
  }
  return { write, close: () => closeSync(descriptor) }
}
