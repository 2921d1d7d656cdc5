/**
 * A copy of the built agent that has one fault planted: what it appends to a file reaches the system only a moment after it was told
 * "written", as with a buffer of its own. Tills are then answered before the append, and a kill in between loses a sale.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutRoot } from '#scripts/root.ts'

/** Appends alone: files that are written anew, from their beginning, stay as they are. */
const lateWrites = `{
  const fs = require('node:fs')
  const disk = require('node:fs/promises')
  const lateMs = 30
  const { writeSync } = fs
  const { open } = disk
  fs.writeSync = (fd, bytes, offset, length, position) => {
    if (!position) return writeSync(fd, bytes, offset, length, position)
    const copy = Buffer.from(bytes)
    setTimeout(() => { try { writeSync(fd, copy, offset, length, position) } catch {} }, lateMs)
    return length
  }
  disk.open = async (...path) => {
    const file = await open(...path)
    const write = file.write.bind(file)
    file.write = async (bytes, offset, length, position) => {
      if (!position) return write(bytes, offset, length, position)
      const copy = Buffer.from(bytes)
      setTimeout(() => write(copy, offset, length, position).catch(() => undefined), lateMs)
      return { bytesWritten: length, buffer: bytes }
    }
    return file
  }
}
`

/** Returns the copy's application folder. */
export const copyWithLateWrites = async (dir: string): Promise<string> => {
  const copy = join(dir, 'app')
  await mkdir(copy, { recursive: true })
  for (const part of ['dist/main', 'dist/renderer', 'assets', 'package.json'])
    await cp(join(checkoutRoot, part), join(copy, part), { recursive: true })
  const main = join(copy, 'dist', 'main', 'main.cjs')
  await writeFile(main, lateWrites + (await readFile(main, 'utf8')))
  return copy
}
