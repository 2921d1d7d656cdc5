/**
 * npm run package: the unpacked application in dist/package/, made with the Electron at hand and without the network.
 * --win makes the Windows folder, from a Windows Electron (TIDELINE_ELECTRON=…/electron.exe) or one that electron-builder
 * fetches; --installers makes the installers of electron-builder.yml, whose tools it fetches as well.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, Platform, type Configuration } from 'electron-builder'
import { buildAgent } from './build.ts'
import { electronExecutable } from './electron-runtime.ts'
import { say, withProgress } from './progress.ts'
import { checkoutRoot } from './root.ts'

type PackageOptions = { platform: 'linux' | 'win'; installers: boolean }

/** A copy without the loader of resources/app, which would be found before the application's own archive. */
const copyDistribution = async (electronPath: string): Promise<string> => {
  await mkdir(join(checkoutRoot, '.tideline'), { recursive: true })
  const copy = await mkdtemp(join(checkoutRoot, '.tideline', 'electron-dist-'))
  await cp(dirname(electronPath), copy, { recursive: true })
  await rm(join(copy, 'resources', 'app'), { recursive: true, force: true })
  return copy
}

type Distribution = Pick<Configuration, 'electronDist' | 'electronVersion'>

const configure = (options: PackageOptions, distribution: Distribution): Configuration => ({
  extends: join(checkoutRoot, 'electron-builder.yml'),
  ...distribution,
  ...(options.installers ? { electronFuses: { enableNodeCliInspectArguments: false } } : {}),
  ...(options.platform === 'win' && !options.installers ? { win: { signAndEditExecutable: false } } : {}),
})

const binaryOf = { linux: 'electron', win: 'electron.exe' }

const withDistribution = async (options: PackageOptions, work: (distribution: Distribution) => Promise<void>): Promise<void> => {
  const electron = await electronExecutable()
  if (!existsSync(join(dirname(electron.path), binaryOf[options.platform]))) return work({})
  const electronDist = await copyDistribution(electron.path)
  try {
    await work({ electronDist, electronVersion: electron.version })
  } finally {
    await rm(electronDist, { recursive: true, force: true })
  }
}

export const packageAgent = async (options: PackageOptions): Promise<string> => {
  await buildAgent()
  await withDistribution(options, async (distribution) => {
    const targets = Platform.fromString(options.platform).createTarget(options.installers ? null : 'dir')
    await build({ projectDir: checkoutRoot, targets, config: configure(options, distribution), publish: 'never' })
  })
  const folder = join(checkoutRoot, 'dist', 'package', `${options.platform}-unpacked`)
  return join(folder, options.platform === 'win' ? 'Tideline.exe' : 'tideline')
}

if (import.meta.main) {
  const args = new Set(process.argv.slice(2))
  const options: PackageOptions = { platform: args.has('--win') ? 'win' : 'linux', installers: args.has('--installers') }
  const executable = await withProgress('Packaging the agent', () => packageAgent(options))
  say(`The packaged agent: ${executable}`)
}
