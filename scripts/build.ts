/**
 * Builds the agent into dist/: main/main.cjs and main/preload.cjs for Electron's own Node, renderer/ for its Chromium.
 * Each part is left alone while its sources are unchanged, appears whole, and is built by one process at a time.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { build as buildPages } from 'vite'
import { withLock } from './lock.mjs'
import { say } from './progress.ts'
import { checkoutRoot } from './root.ts'
import { hashSources } from './source-hash.ts'

type BuildOptions = { force?: boolean; quiet?: boolean }

type Part = { name: string; folders: string[]; outputs: string[]; build: (target: string) => Promise<void> }

const dist = join(checkoutRoot, 'dist')
const recipe = ['package-lock.json', 'package.json', 'vite.config.ts', 'scripts/build.ts']

/** Optional speed-ups that ws probes for and does without. */
const absentAtRunTime = ['electron', 'bufferutil', 'utf-8-validate']

const bundleForMain = async (entry: string, file: string): Promise<void> => {
  const bundle = await rolldown({
    input: join(checkoutRoot, 'main', entry),
    cwd: checkoutRoot,
    platform: 'node',
    external: absentAtRunTime,
    transform: { target: 'node20' },
    checks: { pluginTimings: false },
    logLevel: 'warn',
  })
  await bundle.write({ file, format: 'cjs', codeSplitting: false, sourcemap: true })
  await bundle.close()
}

const mainPart: Part = {
  name: 'main',
  folders: ['main', 'sync'],
  outputs: ['main.cjs', 'preload.cjs'],
  build: async (target) => {
    await bundleForMain('main.ts', join(target, 'main.cjs'))
    await bundleForMain('preload.ts', join(target, 'preload.cjs'))
  },
}

const rendererPart: Part = {
  name: 'renderer',
  folders: ['renderer', 'sync'],
  outputs: ['engine/index.html', 'manager/index.html'],
  build: async (target) => {
    await buildPages({ configFile: join(checkoutRoot, 'vite.config.ts'), logLevel: 'warn', mode: 'production', build: { outDir: target } })
  },
}

const stampOf = (part: Part): string => join(dist, `.${part.name}.stamp`)

const isBuilt = async (part: Part, hash: string): Promise<boolean> => {
  const present = part.outputs.every((output) => existsSync(join(dist, part.name, output)))
  return present && existsSync(stampOf(part)) && (await readFile(stampOf(part), 'utf8')) === hash
}

/** Built beside and swapped in, so that a running agent never reads half a build. */
const buildPart = async (part: Part, options: BuildOptions): Promise<void> => {
  const hash = await hashSources(checkoutRoot, part.folders, recipe)
  if (options.force !== true && (await isBuilt(part, hash))) return
  const startedAt = Date.now()
  const target = join(dist, `.${part.name}.new`)
  const old = join(dist, `.${part.name}.old`)
  await rm(target, { recursive: true, force: true })
  await rm(old, { recursive: true, force: true })
  await part.build(target)
  if (existsSync(join(dist, part.name))) await rename(join(dist, part.name), old)
  await rename(target, join(dist, part.name))
  await rm(old, { recursive: true, force: true })
  await writeFile(stampOf(part), hash)
  if (options.quiet !== true) say(`Built the agent's ${part.name} part in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`)
}

export const buildAgent = async (options: BuildOptions = {}): Promise<{ mainFile: string; rendererFolder: string }> => {
  await mkdir(dist, { recursive: true })
  const onWait = (): void => say('Another process is building the agent; waiting for it.')
  await withLock(
    join(checkoutRoot, '.tideline', 'build.lock'),
    async () => {
      await buildPart(mainPart, options)
      await buildPart(rendererPart, options)
    },
    { onWait },
  )
  return { mainFile: join(dist, 'main', 'main.cjs'), rendererFolder: join(dist, 'renderer') }
}

if (import.meta.main) await buildAgent({ force: process.argv.includes('--force') })
