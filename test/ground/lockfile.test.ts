/**
 * package-lock.json must be complete for every platform, or npm ci refuses a bare clone: npm itself leaves out optional
 * packages that it did not find when it wrote the file.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { checkoutRoot } from '#scripts/root.ts'

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
})

const packages = lockfile.parse(JSON.parse(await readFile(join(checkoutRoot, 'package-lock.json'), 'utf8'))).packages

/** Where Node would look for the package, from the innermost folder outwards. */
const placesOf = (from: string, name: string): string[] => {
  const folders = from.split('/node_modules/')
  return folders
    .map((_, index) => [...folders.slice(0, folders.length - index), name].join('/node_modules/'))
    .concat(`node_modules/${name}`)
}

const findVersion = (from: string, name: string): string | undefined => {
  const place = placesOf(from, name).find((path) => packages[path] !== undefined)
  return place === undefined ? undefined : packages[place]?.version
}

it('names every optional package of every package, in the version asked for', () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, range]) => {
      const version = findVersion(path, name)
      const isWrong = version === undefined || (/^\d/.test(range) && version !== range)
      return isWrong ? [`${path} → ${name}@${range}, found ${version}`] : []
    }),
  )
  expect(missing).toEqual([])
})

it('names no registry host', () => {
  expect(Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
})
