/** The newest lines of the agent's log, oldest first, from as many of its files as fit the bound. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

const readEnd = (file: string, maxBytes: number): { text: string; isWhole: boolean } => {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    const length = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    return { text: bytes.toString('utf8', 0, length), isWhole: size <= maxBytes }
  } finally {
    closeSync(descriptor)
  }
}

/** `file` and the ones moved aside before it: `file.1`, `file.2` ... */
export const logTail = (file: string, maxBytes: number): string[] => {
  const lines: string[] = []
  let rest = maxBytes
  for (let n = 0; rest > 0; n++) {
    const name = n === 0 ? file : `${file}.${n}`
    if (!existsSync(name)) break
    const { text, isWhole } = readEnd(name, rest)
    const own = text.split('\n').filter((line) => line !== '')
    lines.unshift(...(isWhole ? own : own.slice(1)))
    rest -= Buffer.byteLength(text)
  }
  return lines
}
