import { type ChildProcess, spawn } from 'node:child_process'
import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { userInfo, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { withDatabase } from '#test/hub/database.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { openSourceRig, type SourceRig } from './source-rig.ts'

const run = promisify(execFile)
const document = (n: number): string => JSON.stringify(saleOf(n))

/** One connection of a till's own software. */
interface Writer {
  run(statement: string): Promise<void>
  close(): Promise<void>
}
interface Server {
  kind: 'postgres' | 'mysql'
  connection(): string
  writer(): Promise<Writer>
  restart(): Promise<void>
}

const postgres = (): Server => {
  const server = withDatabase()
  let url = ''
  beforeAll(async () => void ({ url } = await server.unmigrated()))
  return {
    kind: 'postgres',
    connection: () => url,
    restart: () => server.restart(),
    writer: async () => {
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => undefined)
      await client.connect()
      return { run: async (statement) => void (await client.query(statement)), close: () => client.end() }
    },
  }
}

/** A server of its own in a temporary folder, on its own socket, as an ordinary user where we are root. */
const mariadb = (): Server => {
  let dir = ''
  let server: ChildProcess | undefined
  const isRoot = userInfo().uid === 0
  const socket = (): string => join(dir, 's')
  const mysqld = process.env['PATH']?.split(':').some((folder) => folder === '/usr/sbin') ? 'mariadbd' : '/usr/sbin/mariadbd'
  const user = isRoot ? ['--user=nobody'] : []
  const open = (database?: string) => createConnection({ socketPath: socket(), user: 'root', ...(database ? { database } : {}) })

  const start = async (): Promise<void> => {
    server = spawn(mysqld, ['--no-defaults', `--datadir=${join(dir, 'data')}`, `--socket=${socket()}`, '--skip-networking', ...user], {
      stdio: 'ignore',
    })
    await vi.waitFor(async () => (await open()).end(), { timeout: 60_000, interval: 100 })
  }
  const stop = async (): Promise<void> => {
    const gone = new Promise((resolve) => server?.once('exit', resolve))
    server?.kill('SIGTERM')
    await gone
  }
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tideline-maria-'))
    if (isRoot) {
      const { stdout } = await run('id', ['-u', 'nobody'])
      await chown(dir, Number(stdout), 0)
    }
    await chmod(dir, 0o755)
    const install = [
      '--no-defaults',
      `--datadir=${join(dir, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...user,
    ]
    await run('mariadb-install-db', install)
    await start()
    const admin = await open()
    await admin.query('create database pos')
    await admin.end()
  })
  afterAll(async () => {
    await stop()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    kind: 'mysql',
    connection: () => `mysql://root@localhost/pos?socketPath=${encodeURIComponent(socket())}`,
    restart: async () => {
      await stop()
      await start()
    },
    writer: async () => {
      const client = await open('pos')
      client.on('error', () => undefined)
      return { run: async (statement) => void (await client.query(statement)), close: () => client.end() }
    },
  }
}

describe.each([
  ['PostgreSQL', postgres],
  ['MariaDB', mariadb],
])('a POS database: %s', (_name, start) => {
  const server = start()
  const text = server.kind === 'mysql' ? 'longtext' : 'text'
  let writer: Writer
  let rig: SourceRig

  beforeEach(async () => {
    writer = await server.writer()
    await writer.run('drop table if exists receipts')
    await writer.run(`create table receipts (id bigint primary key, doc ${text}, amount decimal(20,3))`)
    rig = await openSourceRig({
      source: {
        kind: server.kind,
        connection: server.connection(),
        query: 'select id, doc from receipts where id > :after order by id limit :limit',
        document: 'doc',
        batch: 10,
        overlap: 50,
      },
    })
  })
  afterEach(async () => {
    await rig.close()
    await writer.close().catch(() => undefined)
  })
  const insert = (id: number | string, doc: string, by = writer): Promise<void> =>
    by.run(`insert into receipts (id, doc) values (${id}, '${doc.replaceAll("'", "''")}')`)

  it('[CAP25] takes the rows of many pages in their order, once, also after a restart', async () => {
    for (let n = 1; n <= 35; n += 1) await insert(n, document(n))
    await rig.poll()
    await rig.restart()
    await rig.poll()
    expect(await rig.numbers()).toEqual(Array.from({ length: 35 }, (_, n) => n + 1))
    expect(await rig.kinds()).toHaveLength(35)
    expect(JSON.parse(await readFile(join(rig.dataDir, 'sources', 'pos.json'), 'utf8'))).toEqual({
      source: 'pos',
      watermark: '35',
      incarnation: rig.journal.incarnation,
    })
  })

  it('[CAP25] takes a row that becomes visible after a later one', async () => {
    const late = await server.writer()
    await late.run('begin')
    await insert(1, document(1), late)
    await writer.run('begin')
    await insert(2, document(2))
    await writer.run('commit')
    await rig.poll()
    expect(await rig.numbers()).toEqual([2])
    await late.run('commit')
    await rig.poll()
    expect(await rig.numbers()).toEqual([2, 1])
    await late.close()
  })

  it('[CAP7] [CAP25] a poisoned row is set aside once and holds up nothing', async () => {
    await insert(1, '{"storeId":')
    await insert(2, document(2))
    await rig.poll()
    await rig.restart()
    expect(await rig.numbers()).toEqual([2])
    expect(await rig.quarantined()).toMatchObject([{ source: 'database pos, row 1' }])
  })

  it('[CAP25] reads numbers beyond what a floating point number holds', async () => {
    await insert('9007199254740993', document(1))
    await insert('9007199254740994', document(2))
    await rig.poll()
    await rig.poll()
    expect(await rig.numbers()).toEqual([1, 2])
    expect(await readFile(join(rig.dataDir, 'sources', 'pos.json'), 'utf8')).toMatch(/"9007199254740994"/)
  })

  it('[CAP12] [CAP25] a lost connection is told once, and the source goes on where it stood', async () => {
    await insert(1, document(1))
    await rig.poll()
    await server.restart()
    await rig.poll()
    writer = await server.writer()
    await insert(2, document(2))
    await rig.poll()
    await rig.poll()
    expect(await rig.numbers()).toEqual([1, 2])
    expect(rig.log.filter((line) => /cannot be read/.test(line))).toHaveLength(1)
    expect(rig.log.filter((line) => /is read again/.test(line))).toHaveLength(1)
  })

  it('[CAP25] the session can only read', async () => {
    await rig.close()
    rig = await openSourceRig({
      source: {
        kind: server.kind,
        connection: server.connection(),
        query: `insert into receipts (id, doc) values (1, ':after :limit') -- :after :limit`,
        document: 'doc',
      },
    })
    expect(rig.log.join()).toMatch(/read.only/i)
  })

  it('[CAP10] [CAP25] decimals, big integers, empty cells, bytes and dates arrive as the text they are', async () => {
    const moment = server.kind === 'mysql' ? 'datetime(3)' : 'timestamp(3)'
    const bytes = server.kind === 'mysql' ? 'blob' : 'bytea'
    await writer.run('drop table if exists kinds')
    await writer.run(
      `create table kinds (id int primary key, dec_ decimal(20,3), big bigint, day date, at_ ${moment}, raw_ ${bytes}, nothing int)`,
    )
    const raw = server.kind === 'mysql' ? "x'c3a9'" : "'\\xc3a9'"
    await writer.run(
      `insert into kinds values (1, 12345678901234567.890, 9007199254740993, '2026-01-31', '2026-01-31 23:59:59.125', ${raw}, null)`,
    )
    await rig.close()
    const rows: unknown[] = []
    rig = await openSourceRig({
      source: {
        kind: server.kind,
        connection: server.connection(),
        query: 'select * from kinds where id > :after order by id limit :limit',
        mapping: 'm',
      },
      rowReader: () => ({ write: (fields) => (rows.push(fields), []), end: () => [] }),
    })
    expect(rows).toEqual([
      {
        id: '1',
        dec_: '12345678901234567.890',
        big: '9007199254740993',
        day: '2026-01-31',
        at_: '2026-01-31 23:59:59.125',
        raw_: 'é',
        nothing: null,
      },
    ])
  })
})

describe('a POS database: SQLite', () => {
  let dir: string
  let file: string
  let database: DatabaseSync
  let rig: SourceRig | undefined
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tideline-sqlite-'))
    file = join(dir, 'pos.db')
    database = new DatabaseSync(file)
    database.exec('pragma journal_mode = wal; create table receipts (id integer primary key, doc text, price real)')
  })
  afterEach(async () => {
    await rig?.close()
    database.close()
    await rm(dir, { recursive: true, force: true })
  })
  const query = 'select * from receipts where id > :after order by id limit :limit'
  const insert = (id: bigint | number, doc: string, price: number | null = null): unknown =>
    database.prepare('insert into receipts values (?, ?, ?)').run(id, doc, price)

  it('[CAP25] takes rows while the till writes, once, with a poisoned one among them, also after a restart', async () => {
    rig = await openSourceRig({ source: { kind: 'sqlite', connection: file, query, document: 'doc', batch: 7 } })
    for (let n = 1; n <= 30; n += 1) {
      insert(n, n === 5 ? '<broken' : document(n))
      if (n % 10 === 0) await rig.poll()
    }
    await rig.restart()
    expect(await rig.numbers()).toEqual(Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => n !== 5))
    expect(await rig.quarantined()).toHaveLength(1)
  })

  it('[CAP10] [CAP25] reads integers exactly and REAL by its shortest decimal text', async () => {
    insert(9_007_199_254_740_993n, 'x', 12.1)
    insert(9_007_199_254_740_994n, 'x', 0.1 + 0.2)
    const rows: Record<string, unknown>[] = []
    rig = await openSourceRig({
      source: { kind: 'sqlite', connection: file, query, mapping: 'm' },
      rowReader: () => ({ write: (fields) => (rows.push(fields), []), end: () => [] }),
    })
    expect(rows.map(({ id, price }) => [id, price])).toEqual([
      ['9007199254740993', '12.1'],
      ['9007199254740994', '0.30000000000000004'],
    ])
  })

  it('[CAP12] [CAP25] a missing file is told in words, and read once it is there; nothing is ever written', async () => {
    const absent = join(dir, 'absent.db')
    rig = await openSourceRig({ source: { kind: 'sqlite', connection: absent, query, document: 'doc' } })
    await rig.poll()
    expect(rig.log).toMatchObject([expect.stringMatching(/^database pos cannot be read: unable to open/)])
    const later = new DatabaseSync(absent)
    later.exec('create table receipts (id integer primary key, doc text, price real)')
    later.prepare('insert into receipts values (1, ?, null)').run(document(1))
    later.close()
    await rig.poll()
    expect(await rig.numbers()).toEqual([1])
    expect(rig.log.at(-1)).toBe('database pos is read again')
  })

  it('[CAP25] rows that do not ascend are a fault in words, not a loss', async () => {
    insert(1, document(1))
    insert(2, document(2))
    const wrong = query.replace('order by id', 'order by id desc')
    rig = await openSourceRig({ source: { kind: 'sqlite', connection: file, query: wrong, document: 'doc' } })
    expect(rig.log.join()).toMatch(/must ascend by "id"/)
    expect(await rig.numbers()).toEqual([])
  })
})
