/** The posting worker against a real Tryton that is killed while it works and comes back with its books. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTrytonAdmin } from '#demo/tryton/admin.ts'
import { startTryton, type Tryton } from '#demo/tryton/tryton.ts'
import { createTrytonConnector } from '#hub/posting/connectors/tryton/connector.ts'
import { startPostingWorker } from '#hub/posting/worker.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import { type PostingDatabase, silent, startPostingDatabase, until } from './posting-database.ts'
import { receipt } from './receipts.ts'

describe('posting worker and Tryton', () => {
  let database: PostingDatabase
  let erp: Tryton
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-tryton-worker-'))
    erp = await startTryton({ dataDir })
    database = await startPostingDatabase()
    await database.createStore('S042')
  })
  afterAll(async () => {
    await database?.stop()
    await erp?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('[HUB5] [HUB6] [HUB10] each sale once, to the minor unit, through two kills', async () => {
    const made = Array.from({ length: 24 }, (_, index) =>
      receipt(
        [
          { itemId: 'SKU-001', quantityMilli: 1_000, unitPriceMinor: 645 },
          { itemId: 'PLU-4131', quantityMilli: 137 + index * 11, unitPriceMinor: 320 },
        ],
        { number: index + 1 },
      ),
    )
    await database.queue('tryton', made)
    const connector = createTrytonConnector(erp)
    const worker = startPostingWorker({ db: database.db, connector, log: silent, pollMs: 50, policy: { retryCapMs: 2_000 } })
    const posted = async (): Promise<number> =>
      (await database.db.selectFrom('posting').select('posting_key').where('state', '=', 'posted').execute()).length
    try {
      for (const reached of [1, 11]) {
        await until(posted, (count) => count >= reached, 90_000)
        await erp.kill()
        await erp.start()
      }
      await until(posted, (count) => count === made.length, 120_000)
    } finally {
      await worker.stop()
    }
    const admin = await openTrytonAdmin(erp)
    const booked = (await admin.documents()).map(({ reference, complete, totalMinor }) => ({ reference, complete, totalMinor }))
    const byReference = (a: { reference: string }, b: { reference: string }) => (a.reference < b.reference ? -1 : 1)
    const expected = made.map((sale) => ({ reference: naturalKeyOf(sale) as string, complete: true, totalMinor: sale.totals.grandMinor }))
    expect(booked.sort(byReference)).toEqual(expected.sort(byReference))
  })
})
