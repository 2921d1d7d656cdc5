/** One hash over the sources of a build, by path and content: equal hashes mean there is nothing to build. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'

const isSource = (path: string): boolean => !/\.test\.tsx?$/.test(path)

const listFiles = async (root: string, folders: readonly string[]): Promise<string[]> => {
  const found: string[] = []
  for (const folder of folders) {
    for await (const entry of glob(`${folder}/**/*`, { cwd: root, withFileTypes: true })) {
      if (entry.isFile()) found.push(join(entry.parentPath, entry.name))
    }
  }
  return found.filter(isSource).toSorted()
}

export const hashSources = async (root: string, folders: readonly string[], files: readonly string[]): Promise<string> => {
  const hash = createHash('sha256')
  const paths = [...(await listFiles(root, folders)), ...files.map((file) => join(root, file))]
  for (const path of paths) {
    hash.update(path.slice(root.length)).update('\0')
    hash.update(await readFile(path)).update('\0')
  }
  return hash.digest('hex')
}
