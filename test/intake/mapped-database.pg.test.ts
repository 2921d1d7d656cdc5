import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type StoreAgent, startStoreAgent } from '#main/store-agent.ts'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'
import type { Transaction } from '#sync/contract/transaction.ts'

const identity = identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' })

const mapping = {
  name: 'pos-receipts',
  transactions: { begin: 'when-changes', columns: ['receipt'] },
  rows: [
    {
      adds: 'transaction',
      fields: { workstationId: 'till', sequenceNumber: 'receipt', kind: { constant: 'sale' }, endedAt: 'at', grand: 'total' },
    },
    { adds: 'line', fields: { itemId: 'item', quantity: 'quantity', amount: 'amount', unitPrice: 'price' } },
    { adds: 'tender', once: true, fields: { kind: { constant: 'cash' }, amount: 'total' } },
  ],
}

let dir: string
let agent: StoreAgent
let database: DatabaseSync
let log: string[]
const tell = (message: string): void => void log.push(message)

beforeEach(async () => {
  log = []
  dir = await mkdtemp(join(tmpdir(), 'tideline-mapped-'))
  await writeFile(join(dir, 'mapping.json'), JSON.stringify(mapping))
  await writeFile(join(dir, 'faulty.json'), '{')
  database = new DatabaseSync(join(dir, 'pos.db'))
  database.exec(
    'create table lines (id integer, till text, receipt integer, at text, total text, item text, quantity text, price text, amount text)',
  )
  agent = await startStoreAgent({
    config: agentConfigSchema.parse({
      dataDir: dir,
      hubUrl: 'http://127.0.0.1:1',
      http: { port: 0 },
      mappings: [join(dir, 'faulty.json'), join(dir, 'mapping.json')],
      databases: [
        {
          name: 'pos',
          kind: 'sqlite',
          connection: join(dir, 'pos.db'),
          query: 'select * from lines where id > :after order by id limit :limit',
          watermark: 'id',
          mapping: 'pos-receipts',
          everyMs: 100,
          batch: 3,
        },
      ],
    }),
    identity,
    httpToken: 'token',
    signer: createDeviceKey(),
    items: { lookup: async () => null },
    log: { info: tell, warn: tell, error: tell },
  })
})
afterEach(async () => {
  await agent.close()
  database.close()
  await rm(dir, { recursive: true, force: true })
})

it('[CAP25] an agent reads receipts of several rows by a mapping, each once; a faulty mapping and a faulty receipt hold up nothing', async () => {
  const insert = database.prepare("insert into lines values (?, '34', ?, '2026-01-31 08:15:00', ?, ?, ?, '1.50', ?)")
  for (let receipt = 1; receipt <= 20; receipt += 1) {
    database.exec('begin')
    insert.run(receipt, receipt, '4.50', 'A1', receipt === 7 ? 'two' : '2', '3.00')
    insert.run(receipt, receipt, '4.50', 'B2', '1', '1.50')
    database.exec('commit')
  }
  const records = () => agent.journal.read(0, 1_000)
  await vi.waitFor(async () => expect(await records()).toHaveLength(20), { timeout: 20_000, interval: 20 })
  const sales = (await records()).filter((r) => r.kind === 'transaction').map((r) => JSON.parse(r.payload) as Transaction)
  expect(sales.map((sale) => sale.sequenceNumber)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1).filter((n) => n !== 7))
  expect(sales[0]).toMatchObject({ totals: { grandMinor: 450 }, lineItems: [{ quantityMilli: 2_000, amountMinor: 300 }, { itemId: 'B2' }] })
  expect((await records()).filter((r) => r.kind === 'quarantine')).toHaveLength(1)
  expect(log.join('\n')).toMatch(/faulty\.json is not used: not JSON/)
})
