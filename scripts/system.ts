/**
 * What Tideline needs from the operating system, beyond Node. As root on Debian it is installed; otherwise the answer
 * names what is missing and the one line that installs it, and the caller decides whether it can do without.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runCommand } from './command.ts'
import { say, withProgress } from './progress.ts'

export type Need = 'namespaces' | 'electron' | 'chromium' | 'xvfb' | 'mariadb' | 'nats' | 'tryton'

export type SystemState = { kind: 'ready' } | { kind: 'missing'; needs: Need[]; packages: string[]; hint: string }

/** Present when the library or program is there, whoever installed it; the packages are Debian's names, newest first. */
type Part = { label: string; isPresent: (libraries: string) => boolean; packages: string[] }

const APT_LOCK_TRIES = 60
const APT_LOCK_WAIT_MS = 5_000

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)))

const program = (name: string, path: string, ...packages: string[]): Part => ({
  label: name,
  isPresent: () => existsSync(path) || isOnPath(name),
  packages,
})

const library = (file: string, ...packages: string[]): Part => ({
  label: file,
  isPresent: (libraries) => libraries.includes(`${file} `),
  packages,
})

const trytonModules = (
  'country currency party company product product-price-list account account-product account-invoice ' +
  'account-invoice-stock stock sale sale-price-list sale-history'
).split(' ')

const trytonModule = (name: string): Part => {
  const folder = `/usr/lib/python3/dist-packages/trytond/modules/${name.replaceAll('-', '_')}`
  return { label: `tryton module ${name}`, isPresent: () => existsSync(folder), packages: [`tryton-modules-${name}`] }
}

const parts: Record<Need, Part[]> = {
  electron: [
    library('libgtk-3.so.0', 'libgtk-3-0t64', 'libgtk-3-0'),
    library('libnss3.so', 'libnss3'),
    library('libasound.so.2', 'libasound2t64', 'libasound2'),
    library('libgbm.so.1', 'libgbm1'),
    library('libXss.so.1', 'libxss1'),
    library('libcups.so.2', 'libcups2t64', 'libcups2'),
    library('libatk-bridge-2.0.so.0', 'libatk-bridge2.0-0t64', 'libatk-bridge2.0-0'),
    library('libxkbcommon.so.0', 'libxkbcommon0'),
    library('libdrm.so.2', 'libdrm2'),
  ],
  // Two networks in one computer, with a tunnel device each. Only root may make them.
  namespaces: [program('ip', '/usr/sbin/ip', 'iproute2'), program('socat', '/usr/bin/socat', 'socat')],
  chromium: [program('chromium', '/usr/bin/chromium', 'chromium')],
  // The programs without the service: tests start a server of their own.
  mariadb: [program('mariadbd', '/usr/sbin/mariadbd', 'mariadb-server-core', 'mariadb-server-core-10.5')],
  nats: [program('nats-server', '/usr/sbin/nats-server', 'nats-server')],
  xvfb: [program('Xvfb', '/usr/bin/Xvfb', 'xvfb')],
  tryton: [
    program('trytond', '/usr/bin/trytond', 'tryton-server'),
    { label: 'proteus', isPresent: () => existsSync('/usr/lib/python3/dist-packages/proteus'), packages: ['tryton-proteus'] },
    ...trytonModules.map(trytonModule),
  ],
}

const readLibraries = async (): Promise<string> => {
  const listed = await runCommand('/sbin/ldconfig', ['-p'])
  return listed.stdout
}

const findMissing = async (needs: readonly Need[]): Promise<{ needs: Need[]; parts: Part[] }> => {
  const libraries = needs.includes('electron') ? await readLibraries() : ''
  const missing = needs
    .map((need) => ({ need, absent: parts[need].filter((part) => !part.isPresent(libraries)) }))
    .filter(({ absent }) => absent.length > 0)
  return { needs: missing.map(({ need }) => need), parts: missing.flatMap(({ absent }) => absent) }
}

const isDebian = async (): Promise<boolean> => {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(await readFile('/etc/os-release', 'utf8'))
}

/** The first candidate that this release knows; before the package lists are fetched, the oldest name is as good as any. */
const choosePackage = async (candidates: string[]): Promise<string> => {
  for (const name of candidates.slice(0, -1)) {
    const shown = await runCommand('apt-cache', ['--quiet=0', 'policy', name])
    if (/Candidate: (?!\(none\))/.test(shown.stdout)) return name
  }
  return candidates.at(-1) ?? ''
}

const choosePackages = async (missing: Part[]): Promise<string[]> => {
  const names: string[] = []
  for (const part of missing) names.push(await choosePackage(part.packages))
  return names
}

/** Another apt on the machine holds its locks for a while; that is waited for and is no failure. */
const aptGet = async (args: string[]): Promise<string | undefined> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (let attempt = 1; ; attempt += 1) {
    const { code, stderr } = await runCommand('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
    if (code === 0) return undefined
    if (!/could not get lock|unable to (acquire|lock)/i.test(stderr) || attempt === APT_LOCK_TRIES) return stderr
    await new Promise((resolve) => setTimeout(resolve, APT_LOCK_WAIT_MS))
  }
}

const installParts = async (missing: Part[], needs: Need[]): Promise<void> => {
  await withProgress(`Installing system packages for ${needs.join(', ')} with apt-get`, async () => {
    await aptGet(['update'])
    const failure = await aptGet(['install', '-y', '--no-install-recommends', ...(await choosePackages(missing))])
    if (failure !== undefined) say(failure.trim())
  })
}

const describeMissing = async (found: { needs: Need[]; parts: Part[] }, debian: boolean): Promise<SystemState> => {
  const packages = debian ? await choosePackages(found.parts) : found.parts.map((part) => part.label)
  const command = debian
    ? `install it with: sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
    : `missing: ${packages.join(', ')}`
  return {
    kind: 'missing',
    needs: found.needs,
    packages,
    hint: `For ${found.needs.join(', ')} this machine lacks system packages; ${command}`,
  }
}

export const ensureSystem = async (needs: readonly Need[]): Promise<SystemState> => {
  if (process.platform !== 'linux') return { kind: 'ready' }
  const before = await findMissing(needs)
  if (before.needs.length === 0) return { kind: 'ready' }
  const debian = await isDebian()
  if (!debian || process.getuid?.() !== 0) return describeMissing(before, debian)
  await installParts(before.parts, before.needs)
  const after = await findMissing(needs)
  return after.needs.length === 0 ? { kind: 'ready' } : describeMissing(after, debian)
}
