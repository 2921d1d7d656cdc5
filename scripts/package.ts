/**
 * npm run package: the unpacked application in dist/package/, made with the Electron at hand and without the network.
 * --win makes the Windows folder (from a Windows Electron in TIDELINE_ELECTRON's folder), --installers the installers
 * of electron-builder.yml, which fetches their tools.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, Platform, type Configuration } from 'electron-builder'
import { buildAgent } from './build.ts'
import { electronExecutable } from './electron-runtime.ts'
import { say, withProgress } from './progress.ts'
import { checkoutRoot } from './root.ts'

type PackageOptions = { platform: 'linux' | 'win'; installers: boolean }

/** A copy without the loader of resources/app, which would be found before the application's own archive. */
const copyDistribution = async (electronPath: string): Promise<string> => {
  const copy = await mkdtemp(join(checkoutRoot, '.tideline', 'electron-dist-'))
  await cp(dirname(electronPath), copy, { recursive: true })
  await rm(join(copy, 'resources', 'app'), { recursive: true, force: true })
  return copy
}

const configure = (options: PackageOptions, electronDist: string, electronVersion: string): Configuration => ({
  extends: join(checkoutRoot, 'electron-builder.yml'),
  electronDist,
  electronVersion,
  ...(options.platform === 'win' && !options.installers ? { win: { signAndEditExecutable: false } } : {}),
})

export const packageAgent = async (options: PackageOptions): Promise<string> => {
  await buildAgent()
  const electron = await electronExecutable()
  const electronDist = await copyDistribution(electron.path)
  try {
    await build({
      projectDir: checkoutRoot,
      targets: Platform.fromString(options.platform).createTarget(options.installers ? null : 'dir'),
      config: configure(options, electronDist, electron.version),
      publish: 'never',
    })
  } finally {
    await rm(electronDist, { recursive: true, force: true })
  }
  const folder = join(checkoutRoot, 'dist', 'package', options.platform === 'win' ? 'win-unpacked' : 'linux-unpacked')
  return join(folder, options.platform === 'win' ? 'Tideline.exe' : 'tideline')
}

if (import.meta.main) {
  const args = new Set(process.argv.slice(2))
  const options: PackageOptions = { platform: args.has('--win') ? 'win' : 'linux', installers: args.has('--installers') }
  const executable = await withProgress('Packaging the agent', () => packageAgent(options))
  say(`The packaged agent: ${executable}`)
}
