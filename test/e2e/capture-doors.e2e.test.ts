/**
 * Every door of capture in the built agent, in the real Electron: the tills' network, a POS database, a large file. What the bundler or
 * an older runtime would break shows here; a door that cannot work is told and costs the others nothing.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '#demo/free-port.ts'
import { readJournalFiles } from '#demo/ledgers.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { poslogDocument, poslogTransaction } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { withDatabase } from '#test/hub/database.ts'
import { askOverTls } from '#test/intake/till.ts'
import { type AgentApp, openAgentApp } from '#test/shell/agent-app.ts'
import { type EnrolmentDesk, openEnrolmentDesk } from '#test/shell/enrolment-desk.ts'
import { store } from '#test/shell/views.ts'

const enrolmentCode = 'ABCD-EFGH-JKLM'
const largeFileBytes = 30_000_000
const patience = { timeout: 60_000, interval: 100 }

const saleAt = (workstationId: string, number: number): Transaction =>
  saleOf(number, { storeId: store.storeId, workstationId, currency: store.currency })

/** Written under a name that the agent does not look at. Returns how many sales it holds. */
const writeLargeFile = async (path: string, workstationId: string): Promise<number> => {
  const [head, tail] = poslogDocument([saleAt(workstationId, 1)]).split(poslogTransaction(saleAt(workstationId, 1)))
  const out = createWriteStream(path)
  out.write(head ?? '')
  let count = 0
  for (let bytes = 0; bytes < largeFileBytes;) {
    const page = Array.from({ length: 500 }, (_, index) => poslogTransaction(saleAt(workstationId, count + index + 1))).join('\n')
    out.write(page)
    count += 500
    bytes += page.length
  }
  out.end(tail ?? '')
  await finished(out)
  return count
}

describe('the doors of capture in the built agent', () => {
  const server = withDatabase()
  let desk: EnrolmentDesk
  let agent: AgentApp
  let watched = ''
  let posUrl = ''

  const numbersOf = async (workstationId: string): Promise<number[]> => {
    const records = await readJournalFiles(join(agent.dataDir, 'journal'))
    const sales = records.flatMap(({ kind, payload }) => (kind === 'transaction' ? [JSON.parse(payload) as Transaction] : []))
    return sales.filter((sale) => sale.workstationId === workstationId).map(({ sequenceNumber }) => sequenceNumber)
  }
  const insert = async (ids: readonly number[]): Promise<void> => {
    const client = new pg.Client({ connectionString: posUrl })
    await client.connect()
    await client.query('create table if not exists receipts (id bigint primary key, doc text)')
    for (const id of ids) await client.query('insert into receipts values ($1, $2)', [id, JSON.stringify(saleAt('40', id))])
    await client.end()
  }

  beforeAll(async () => {
    posUrl = (await server.unmigrated()).url
    await insert([1, 2, 3])
    watched = await mkdtemp(join(tmpdir(), 'tideline-watched-'))
    desk = await openEnrolmentDesk(enrolmentCode)
    const rows = {
      query: 'select id, doc from receipts where id > :after order by id limit :limit',
      watermark: 'id',
      document: 'doc',
      everyMs: 200,
    }
    agent = await openAgentApp({
      ...{ hubUrl: desk.url, enrolmentCode, watch: { dir: watched } },
      lan: { host: '127.0.0.1', port: 0, workstations: ['3', '4'] },
      databases: [
        { ...rows, name: 'pos', kind: 'postgres', connection: posUrl },
        { ...rows, name: 'old-pos', kind: 'mysql', connection: `mysql://root@127.0.0.1:${await freePort()}/pos` },
        { ...rows, name: 'file-pos', kind: 'sqlite', connection: join(watched, '..', 'no-such-pos.sqlite') },
      ],
    })
    const manager = await agent.page('manager')
    await manager.getByRole('heading', { name: store.storeName }).waitFor()
  })
  afterAll(async () => {
    await agent?.close()
    await desk?.close()
    await rm(watched, { recursive: true, force: true })
  })

  it('[CAP23] answers a till on the network over TLS with a certificate of its own, each with its own token', async () => {
    const listening = /https:\/\/127\.0\.0\.1:(\d+)/
    await expect.poll(() => agent.log(), patience).toMatch(listening)
    const port = Number(listening.exec(await agent.log())?.[1])
    const ca = await readFile(join(agent.dataDir, 'lan-certificate.crt'), 'utf8')
    const token = (await readFile(join(agent.dataDir, 'till-tokens', '3'), 'utf8')).trim()
    expect((await askOverTls({ port, ca, token, content: saleAt('3', 1) })).status).toBe(201)
    expect((await askOverTls({ port, ca, token, content: saleAt('3', 1) })).status).toBe(200)
    expect((await askOverTls({ port, ca, token, content: saleAt('4', 1) })).body).toMatchObject({ code: 'WRONG_WORKSTATION' })
    expect((await askOverTls({ port, ca, content: saleAt('3', 2) })).status).toBe(401)
    expect(await numbersOf('3')).toEqual([1])
  })

  it('[CAP25] reads a PostgreSQL POS database, while MySQL refuses and SQLite is not to be had', async () => {
    await expect.poll(() => numbersOf('40'), patience).toEqual([1, 2, 3])
    await insert([4, 5])
    await expect.poll(() => numbersOf('40'), patience).toEqual([1, 2, 3, 4, 5])
    const log = await agent.log()
    expect(log).toMatch(/database old-pos cannot be read: .*ECONNREFUSED/)
    expect(log).toMatch(/database file-pos cannot be read: (?:this runtime has no SQLite|unable to open database file)/)
    expect(log).not.toContain('database pos cannot')
  })

  it('[CAP14] [CAP21] reads a file of 30 MB as a stream, shows how far it is, and takes each sale once', async () => {
    const manager = await agent.page('manager')
    const count = await writeLargeFile(join(watched, 'night.xml.part'), '50')
    await rename(join(watched, 'night.xml.part'), join(watched, 'night.xml'))
    const progress = manager.getByRole('progressbar', { name: /night\.xml/ })
    await progress.waitFor({ timeout: 60_000 })
    const percents = new Set<number>()
    while (await progress.isVisible()) percents.add(Number(await progress.getAttribute('aria-valuenow', { timeout: 500 }).catch(() => 0)))
    expect([...percents].filter((percent) => percent > 0 && percent < 100).length).toBeGreaterThan(1)
    await expect.poll(() => readdir(join(watched, 'done')), patience).toContain('night.xml')
    expect(await agent.log()).toContain(`file night.xml: ${count} captured, 0 known already, 0 set aside`)
    const numbers = await numbersOf('50')
    expect([numbers.length, new Set(numbers).size]).toEqual([count, count])
  })
})
