/** Which connector serves an ERP. A new ERP is a folder under connectors/ and one line here. */
import type { ErpSettings } from './access.ts'
import type { ErpConnector } from './connector.ts'
import type { Log } from './log.ts'
import { createReferenceConnector } from './connectors/reference/connector.ts'
import { createTrytonConnector } from './connectors/tryton/connector.ts'

export const createConnector = (erp: ErpSettings, _log: Log): ErpConnector | null => {
  switch (erp.kind) {
    case 'tryton':
      return createTrytonConnector(erp)
    case 'reference':
      return createReferenceConnector(erp)
    case 'none':
      return null
  }
}
