import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReferenceAdmin } from '#demo/reference-erp/admin.ts'
import { startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { createReferenceConnector } from '#hub/posting/connectors/reference/connector.ts'
import { connectorSuite } from './connector-suite.ts'

connectorSuite('reference', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tideline-reference-'))
  const erp = await startReferenceErp({ dataDir })
  const admin = openReferenceAdmin(erp)
  await admin.closeThrough('2024-12-31')
  return {
    url: erp.url,
    connect: (url) => createReferenceConnector({ ...erp, url }),
    documents: async (asked) =>
      (await admin.documents(asked)).map(({ reference, complete, totalMinor }) => ({ reference, complete, totalMinor })),
    setShelfPrice: admin.setPrice,
    closedDay: '2024-12-31',
    double: admin.double,
    randomSales: 50,
    async stop() {
      await erp.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
})
