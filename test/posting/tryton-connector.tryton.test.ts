import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrytonAdmin } from '#demo/tryton/admin.ts'
import { startTryton } from '#demo/tryton/tryton.ts'
import { createTrytonConnector } from '#hub/posting/connectors/tryton/connector.ts'
import { connectorSuite } from './connector-suite.ts'

connectorSuite('Tryton', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tideline-tryton-'))
  const erp = await startTryton({ dataDir })
  const admin = await openTrytonAdmin(erp)
  return {
    url: erp.url,
    connect: (url) => createTrytonConnector({ ...erp, url }),
    documents: async (asked) =>
      (await admin.documents(asked)).map(({ reference, complete, totalMinor }) => ({ reference, complete, totalMinor })),
    setShelfPrice: admin.setShelfPrice,
    closedDay: `${new Date().getUTCFullYear() - 1}-06-15`,
    double: admin.double,
    letDayPass: admin.letDayPass,
    randomSales: 25,
    async stop() {
      await erp.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
})
