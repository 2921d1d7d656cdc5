/** A hub usually meets its ERP before it has a store: the first store must not wait for the next comparison of everything. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { readFeed } from '#hub/catalogue/feed.ts'
import { pullCatalogue } from '#hub/catalogue/pull.ts'
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import { createStore } from '#hub/enrolment/enrolment.ts'
import { createReferenceConnector } from '#hub/posting/connectors/reference/connector.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { expect, it } from 'vitest'
import { withDatabase } from '../hub/database.ts'
import { silent } from '../posting/posting-database.ts'

const server = withDatabase()

it('[PRC3] the first store, and the second, have every price and every item listed as soon as they are there', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tideline-first-store-'))
  const erp = await startReferenceErp({ dataDir })
  const connector = createReferenceConnector(erp)
  try {
    const { db } = await server.fresh()
    const pull = () => pullCatalogue({ db, connector, log: silent, intervalMs: 1_000 })
    const open = async (storeId: string): Promise<void> => {
      await createStore(db, storeSettingsSchema.parse({ storeId, name: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }))
      await db.transaction().execute((trx) => publishCatalogueToStore(trx, storeId))
    }
    const offered = async (storeId: string): Promise<[prices: number, listed: number]> => {
      const listed = (await readFeed(db, 'assortment', storeId, 0, 100)).filter(({ document }) => (document as { listed: boolean }).listed)
      return [(await readFeed(db, 'prices', storeId, 0, 100)).length, listed.length]
    }
    expect(await pull()).toMatchObject({ outcome: 'applied', full: true, applied: { items: 22 } })
    expect(await pull()).toMatchObject({ outcome: 'applied', full: false, applied: { items: 0 } })
    await open('S1')
    expect(await offered('S1')).toEqual([22, 22])
    await open('S2')
    expect(await offered('S2')).toEqual([22, 22])
    expect(await pull()).toMatchObject({ outcome: 'applied', full: false, applied: { prices: 0 } })
  } finally {
    await connector.close()
    await erp.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
})
