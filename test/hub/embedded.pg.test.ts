/** What an embedded PostgreSQL leaves on the disk goes on request, wherever it was put. */
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { stagingRoots } from '#hub/storage/postgres-binaries.ts'
import pg from 'pg'
import pino from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'

const log = pino({ level: 'silent' })
const state = { dir: '' }

beforeEach(async () => {
  state.dir = await mkdtemp(join(tmpdir(), 'tideline-embedded-'))
})
afterEach(() => rm(state.dir, { recursive: true, force: true }))

const query = async <T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query<T>(text).finally(() => client.end())).rows
}

// 0700: as root, the server's user cannot reach the folder and the data is staged elsewhere.
it.each([
  ['reachable', 0o755],
  ['private', 0o700],
])('[OPS2] in a %s data folder: kept while the server runs, gone afterwards, and made anew at the next start', async (_name, mode) => {
  await chmod(state.dir, mode)
  const dataDir = join(state.dir, 'database')
  const server = await startEmbeddedPostgres({ dataDir, log })
  const [{ data_directory: data } = expect.unreachable()] = await query<{ data_directory: string }>(server.url, 'show data_directory')
  await query(server.url, 'create table proof (n int)')
  expect(await removeEmbeddedPostgres(dataDir)).toBe('running')
  expect(await query(server.url, 'select * from proof')).toEqual([])
  await server.stop()

  const left = async (): Promise<string[]> => {
    const folders = [dataDir, ...stagingRoots]
    const paths = await Promise.all(
      folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name))),
    )
    return paths.flat().filter((path) => path.startsWith(data) || path.startsWith(dataDir))
  }
  expect(await left()).toEqual(expect.arrayContaining([data, `${data}.log`, `${data}.owner`, join(dataDir, 'password')]))
  expect(await removeEmbeddedPostgres(dataDir)).toBe('removed')
  expect(await left()).toEqual([])

  const again = await startEmbeddedPostgres({ dataDir, log })
  expect(await query(again.url, "select to_regclass('proof') as proof")).toEqual([{ proof: null }])
  await again.stop()
  await rm(dataDir, { recursive: true })
  expect(await removeEmbeddedPostgres(dataDir)).toBe('removed')
  expect(await left()).toEqual([])
})
