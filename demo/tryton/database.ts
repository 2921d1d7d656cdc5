/**
 * The seeded database: made once per Tryton version and seed, kept pristine, and copied for each start. It is made in a folder
 * aside and moved in place by one rename, so that a killed set-up leaves nothing half-made behind.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { seedItems, seedTaxRateMicro } from '../reference-erp/seed-items.ts'

const run = promisify(execFile)

export const trytonDatabase = 'tideline'
export const python = '/usr/bin/python3'
const trytondAdmin = '/usr/bin/trytond-admin'
const modules =
  'country currency party company product product_price_list account account_product account_invoice account_invoice_stock stock sale sale_price_list sale_history'.split(
    ' ',
  )
const seedScript = fileURLToPath(new URL('./seed.py', import.meta.url))

/** Net price with the decimals it needs; the seed's shelf prices leave at most two. */
const netText = (priceMinor: number): string => {
  const net = (priceMinor * 1_000_000) / (1_000_000 + seedTaxRateMicro)
  if (!Number.isInteger(net)) throw new Error(`the shelf price ${priceMinor} has no exact net price`)
  return `${Math.floor(net / 100)}.${String(net % 100).padStart(2, '0')}`
}

const seed = {
  items: seedItems.map((item) => ({
    code: item.id,
    name: item.name,
    barcode: item.barcode,
    unit: item.unit,
    net: netText(item.priceMinor),
  })),
  stores: [
    { code: 'S042', name: 'Store 042' },
    { code: 'S043', name: 'Store 043' },
  ],
  roundingCode: 'TIDELINE-ROUNDING',
  walkInParty: 'POS walk-in',
}

/** Only what the program itself needs: nothing of the caller's Python or Tryton variables may steer it. */
export const trytonEnvironment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/nonexistent',
  TZ: 'UTC',
  ...more,
})

export const writeConfiguration = async (folder: string, port: number): Promise<string> => {
  const path = join(folder, 'trytond.conf')
  const text = `[web]
listen = 127.0.0.1:${port}
root =
[database]
uri = sqlite://
path = ${join(folder, 'data')}
retry = 5
[session]
timeout = 2592000
[cache]
clean_timeout = 5
`
  await writeFile(path, text, { mode: 0o600 })
  return path
}

/** One line, in words for whoever must install it; null when all is there. */
export const missingTryton = async (): Promise<string | null> => {
  const needed = [
    trytondAdmin,
    '/usr/bin/trytond',
    '/usr/lib/python3/dist-packages/proteus',
    ...modules.map((module) => `/usr/lib/python3/dist-packages/trytond/modules/${module}`),
  ]
  for (const path of needed)
    if (!(await stat(path).catch(() => null)))
      return `Tryton is not complete (${path} is missing). On Debian: apt-get install -y tryton-server tryton-proteus ${modules.map((m) => `tryton-modules-${m.replaceAll('_', '-')}`).join(' ')}`
  return null
}

const version = async (): Promise<string> => {
  const { stdout } = await run(python, ['-c', 'import trytond; print(trytond.__version__)'], { env: trytonEnvironment(), cwd: '/' })
  return stdout.trim()
}

/** The seed dates its fiscal years from today: another year, another seed. */
const seedHash = async (password: string): Promise<string> =>
  createHash('sha256')
    .update(
      `${await version()}\n${new Date().getUTCFullYear()}\n${await readFile(seedScript, 'utf8')}\n${JSON.stringify(seed)}\n${password}`,
    )
    .digest('hex')
    .slice(0, 16)

const makeDatabase = async (folder: string, password: string, log: (line: string) => void): Promise<string> => {
  await mkdir(join(folder, 'data'), { mode: 0o700 })
  const configuration = await writeConfiguration(folder, 0)
  const database = join(folder, 'data', `${trytonDatabase}.sqlite`)
  // Tryton wants the file to be there.
  await writeFile(database, '', { mode: 0o600 })
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  const environment = { env: trytonEnvironment({ TRYTONPASSFILE: passwordFile }), cwd: folder, maxBuffer: 50_000_000 }
  const admin = (...args: string[]) => run(trytondAdmin, ['-c', configuration, '-d', trytonDatabase, ...args], environment)
  log('Tryton: creating its database')
  await admin('--all', '--email', 'admin@example.com')
  log('Tryton: activating its modules')
  await admin('--activate-dependencies', '-u', ...modules)
  log('Tryton: seeding company, items and stock')
  const seedJson = join(folder, 'seed.json')
  await writeFile(seedJson, JSON.stringify(seed))
  const more = { SEED_CONF: configuration, SEED_DATABASE: trytonDatabase, SEED_JSON: seedJson }
  await run(python, ['-W', 'ignore', seedScript], { ...environment, env: { ...environment.env, ...more } })
  return database
}

/** The path of the pristine database; makes it when there is none of this version and seed. */
export const pristineDatabase = async (cacheDir: string, password: string, log: (line: string) => void): Promise<string> => {
  const path = join(cacheDir, `tryton-${await seedHash(password)}.sqlite`)
  if (await stat(path).catch(() => null)) return path
  await mkdir(dirname(path), { recursive: true })
  const aside = await mkdtemp(join(cacheDir, 'tryton-new-'))
  try {
    await rename(await makeDatabase(aside, password, log), path)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  return path
}

export const placeDatabase = async (pristine: string, folder: string): Promise<void> => {
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 })
  const database = join(folder, 'data', `${trytonDatabase}.sqlite`)
  for (const leftover of ['-journal', '-wal', '-shm']) await rm(`${database}${leftover}`, { force: true })
  await copyFile(pristine, database)
}
